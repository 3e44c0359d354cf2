#!lua flags=allow-oom
-- planted: rows of a committed graph have become tasks, and are not needed any more.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id, number of rows planted before, number of these rows; then those of the tasks that are in
--          another partition, each: index in the job, id
-- Returns  {'ok'}
-- Publishes due
--@include job signal

local id, before, count = take(), tonumber(take()), tonumber(take())
local j = job.load(id)
if not j then
  redis.call('ZREM', keys.job_plantings, id)
  redis.call('UNLINK', keys.job_stage(id))
  return { 'ok' }
end
-- Another replica may have planted the same rows, and said so.
if tonumber(j.planted or 0) ~= before then return { 'ok' } end
while more() do redis.call('ZADD', keys.job_tasks(id), take(), take()) end
redis.call('LPOP', keys.job_stage(id), count)
redis.call('HSET', keys.job(id), 'planted', text(before + count))
if redis.call('EXISTS', keys.job_stage(id)) == 0 then
  redis.call('ZREM', keys.job_plantings, id)
  -- Its tasks are cancelled only when they are all there.
  if j.cursor then
    redis.call('ZADD', keys.job_endings, text(partition.now), id)
    signal.due(partition.now)
  end
end
partition.save()
signal.publish()
return { 'ok' }
