#!lua
-- stage: keeps a page of a graph under its job. Nobody sees it before jobs/commit.lua; one that is never
-- committed goes with its upload.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id, uploader, number of rows staged before, then rows, opaque
-- Returns  {'ok', 'done'}, or {'ok', 'closed'} when the job takes nothing more from this upload
-- Publishes nothing
--@include job

local id, uploader, before = take(3)
local j = job.load(id)
if not j or not j.open or j.uploader ~= uploader or redis.call('LLEN', keys.job_stage(id)) ~= tonumber(before) then
  return { 'ok', 'closed' }
end
while more() do redis.call('RPUSH', keys.job_stage(id), take()) end
redis.call('HSET', keys.job(id), 'upload_until', text(partition.now + UPLOAD_LEASE_MS))
partition.save()
return { 'ok', 'done' }
