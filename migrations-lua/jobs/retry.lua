#!lua
-- retry: runs a page of a job's failed tasks again. It ends before the first that follows some in other
-- partitions: those of a graph run again in its order, so that who waits for another finds it unfinished.
-- Transition: failed | expired -> queued | blocked.
-- KEYS[1]  partition prefix
-- ARGV     header, id, index behind which to look, most tasks. Mode 'named', for tasks in other partitions
--          than their job's: ids
-- Returns  {'ok', 'done', number of tasks that run again, index to go on behind, or '' at the end, id of a task in
--          another partition ...}, {'ok', 'invalid_state'} while it is being cancelled, {'ok', 'not_found'}
-- Publishes ready, outbox
--@include lane attempts rerun

local again = 0
local function retry(id)
  local state = redis.call('HGET', keys.task(id), 'state')
  if state ~= 'failed' and state ~= 'expired' then return end
  local t = task.read(id)
  if not rerun.refusal(t) then
    rerun.run(t)
    again = again + 1
  end
end

if MODE == 'named' then
  while more() do retry(take()) end
  lifecycle.flush()
  return { 'ok', 'done', again, '' }
end

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
local away, next_place = {}, #rows == 2 * most and rows[#rows] or ''
for i = 1, #rows, 2 do
  if string.sub(rows[i], -3) ~= string.sub(id, -3) then
    away[#away + 1] = rows[i]
  elseif away[1] then
    next_place = rows[i - 1]
    break
  else
    retry(rows[i])
  end
end
lifecycle.flush()
return { 'ok', 'done', again, next_place, unpack(away) }
