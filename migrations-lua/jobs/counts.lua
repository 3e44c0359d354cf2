#!lua flags=allow-oom
-- counts: what a job has counted of its tasks in this partition, which is not its own.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id
-- Returns  {'ok'} when there is nothing of the job, or {'ok', number of the job's own partition, version of the
--          counts, running, succeeded, failed, cancelled}
-- Publishes nothing
--@include job

local id = take()
local j = job.load(id)
if not j or not j.home then return { 'ok' } end
redis.call('HDEL', keys.job(id), 'telling')
local version = redis.call('HINCRBY', keys.job(id), 'told', 1)
partition.save()
return { 'ok', j.home, version, j.running, j.succeeded, j.failed, j.cancelled }
