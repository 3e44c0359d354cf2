#!lua flags=allow-oom
-- end_jobs: what is due at jobs: an upload that broke off, a deadline, a page of the tasks of a cancelled job,
-- and the deletion of one that finished long ago.
-- Transition: scheduled | blocked | queued | retry_wait -> cancelled; running stays, flagged.
-- KEYS[1]  partition prefix
-- ARGV     header, most tasks, grace ms
-- Returns  {'ok', '1' when there is more to do now | '0'}
-- Publishes final, due, outbox
--@include lane cancellation

local most, grace = tonumber(take()), tonumber(take())
local id = redis.call('ZRANGEBYSCORE', keys.job_endings, '-inf', partition.now, 'LIMIT', 0, 1)[1]
if not id then return { 'ok', '0' } end
local j = job.load(id)

-- A page of what is to be cancelled; the row stays due until the last.
local function cancel_page()
  local rows = redis.call('ZRANGEBYSCORE', keys.job_tasks(id), '(' .. j.cursor, '+inf', 'WITHSCORES', 'LIMIT', 0, most)
  for i = 1, #rows, 2 do
    local t = task.read(rows[i])
    if t and not t.finished then cancel_task(t, grace) end
    if string.sub(rows[i], -3) ~= string.sub(id, -3) then outbox.write('cancel_task', rows[i]) end
  end
  if #rows == 2 * most then
    redis.call('HSET', keys.job(id), 'cursor', rows[#rows])
  else
    redis.call('HDEL', keys.job(id), 'cursor')
    redis.call('ZREM', keys.job_endings, id)
  end
end

if not j then
  redis.call('ZREM', keys.job_endings, id)
elseif j.cursor and redis.call('EXISTS', keys.job_stage(id)) == 1 then
  -- The last row of a graph that becomes a task says so (jobs/planted.lua).
  redis.call('ZREM', keys.job_endings, id)
elseif j.cursor then
  cancel_page()
elseif j.deadline and not j.finished and not j.cancel and tonumber(j.deadline) <= partition.now then
  job.stop(j, 'deadline')
elseif j.open and not j.keyed and tonumber(j.upload_until) > partition.now then
  job.watch(j, tonumber(j.upload_until))
elseif j.open then
  job.stop(j, 'request')
elseif j.finished then
  redis.call('UNLINK', keys.job(id), keys.job_tasks(id))
  for field in pairs(j) do
    local branch = string.match(field, '^branch:(%d+)$')
    if branch then outbox.write('forget_job', branch .. ' ' .. id) end
  end
  redis.call('ZREM', keys.jobs, id)
  redis.call('ZREM', keys.job_endings, id)
else
  redis.call('ZREM', keys.job_endings, id)
end
lifecycle.flush()
return { 'ok', '1' }
