#!lua flags=allow-oom
-- close: an upload has ended. Whole: no more tasks come. In mode 'abandon' it broke off: a job with an
-- Idempotency-Key waits for it to go on, another is cancelled.
-- Transition: none; the tasks of a cancelled job follow by sweeps/end_jobs.lua.
-- KEYS[1]  partition prefix
-- ARGV     header, id, uploader
-- Returns  {'ok', 'done'}, or {'ok', 'closed'} when the job was closed before, or is another upload's
-- Publishes due, final, outbox
--@include job_end

local id, uploader = take(), take()
local j = job.load(id)
if not j or not j.open or j.uploader ~= uploader then return { 'ok', 'closed' } end
if MODE == 'abandon' then
  j.upload_until = text(partition.now)
  if not j.keyed then job.stop(j, 'request') end
else
  j.open = nil
  redis.call('HDEL', keys.job(id), 'open', 'uploader', 'upload_until')
  job.watch(j)
end
job.touch(j)
job.flush()
partition.save()
signal.publish()
return { 'ok', 'done' }
