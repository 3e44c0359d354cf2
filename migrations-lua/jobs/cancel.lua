#!lua flags=allow-oom
-- cancel: ends a job: no more tasks come, those that wait are cancelled and those that run are told to
-- stop, page by page (sweeps/end_jobs.lua). Doing so again is harmless.
-- Transition: none at once.
-- KEYS[1]  partition prefix
-- ARGV     header, id
-- Returns  {'ok', 'done'}, {'ok', 'already_finished', state}, {'ok', 'not_found'}
-- Publishes due, final, outbox
--@include job_end

local j = job.load(take())
if not j then return { 'ok', 'not_found' } end
if j.finished and j.state ~= 'cancelled' then return { 'ok', 'already_finished', j.state } end
if not j.finished and not j.cancel then
  job.stop(j, 'request')
  job.flush()
  partition.save()
  signal.publish()
end
return { 'ok', 'done' }
