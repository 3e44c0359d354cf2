#!lua flags=allow-oom
-- drop: rows of a cancelled graph whose queue does not live in this partition never become tasks, and count as
-- cancelled ones. Each counts once, however often it is dropped.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, number of the job's own partition, '' for this one; the job; number of rows planted before;
--          then the ids that the tasks would have had
-- Returns  {'ok'}
-- Publishes due, final, outbox
--@include job_end

local home, id, before = take(3)
if home ~= '' then
  redis.call('HSETNX', keys.job(id), 'home', home)
  redis.call('HSET', keys.job(id), 'graph', '1')
end
local j = job.load(id)
if not j then return { 'ok' } end
local row, dropped = tonumber(before), tonumber(j.dropped or 0)
while more() do
  local task_id = take()
  if row >= dropped and not outbox.refusal(task_id) then
    j.cancelled = j.cancelled + 1
    -- Whoever found the queue here a moment ago does not make it any more.
    redis.call('ZADD', keys.gone, text(partition.now), task_id)
  end
  row = row + 1
end
redis.call('HSET', keys.job(id), 'dropped', text(math.max(row, dropped)))
job.touch(j)
job.flush()
partition.save()
signal.publish()
return { 'ok' }
