#!lua
-- commit: a graph is whole. From now on it is there, and its tasks are made page by page, those that nothing
-- holds last (jobs/planting.lua).
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id, uploader, number of rows staged
-- Returns  {'ok', 'done'}, or {'ok', 'closed'} when the job takes nothing more from this upload
-- Publishes due, final, outbox
--@include job_end

local id, uploader, count = take(3)
local j = job.load(id)
if not j or not j.open or j.uploader ~= uploader or redis.call('LLEN', keys.job_stage(id)) ~= tonumber(count) then
  return { 'ok', 'closed' }
end
j.open, j.total, j.items = nil, tonumber(count), tonumber(count)
redis.call('HDEL', keys.job(id), 'open', 'uploader', 'upload_until')
job.watch(j)
if j.total > 0 then
  redis.call('ZADD', keys.job_plantings, text(partition.now), id)
  signal.due(partition.now)
end
job.touch(j)
job.flush()
partition.save()
signal.publish()
return { 'ok', 'done' }
