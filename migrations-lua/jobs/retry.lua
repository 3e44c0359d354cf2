#!lua
-- retry: runs a page of a job's failed tasks again.
-- Transition: failed | expired -> queued.
-- KEYS[1]  partition prefix
-- ARGV     header, id, index behind which to look, most tasks
-- Returns  {'ok', 'done', number of tasks that run again, index to go on behind, or '' at the end},
--          {'ok', 'invalid_state'} while it is being cancelled, {'ok', 'not_found'}
-- Publishes ready
--@include lane attempts rerun

local id, after, most = take(), take(), tonumber(take())
local j = job.load(id)
if not j then return { 'ok', 'not_found' } end
if j.open or j.cancel and not j.finished then return { 'ok', 'invalid_state' } end
-- Failures of the run before do not stop the new one, nor does its deadline.
if j.finished and j.deadline then
  redis.call('HDEL', keys.job(id), 'deadline')
  j.deadline = nil
end
if j.cancel or j.stop_after then
  redis.call('HDEL', keys.job(id), 'cancel', 'stopped_by', 'stop_after')
  j.cancel, j.stopped_by, j.stop_after = nil, nil, nil
end

local rows = redis.call('ZRANGEBYSCORE', keys.job_tasks(id), '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, most)
local again = 0
for i = 1, #rows, 2 do
  local state = redis.call('HGET', keys.task(rows[i]), 'state')
  if state == 'failed' or state == 'expired' then
    local t = task.read(rows[i])
    if not rerun.refusal(t) then
      rerun.run(t)
      again = again + 1
    end
  end
end
lifecycle.flush()
return { 'ok', 'done', again, #rows == 2 * most and rows[#rows] or '' }
