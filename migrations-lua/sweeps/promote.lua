#!lua flags=allow-oom
-- promote: tasks whose moment has come become claimable, at a new place.
-- Transition: scheduled | retry_wait -> queued.
-- KEYS[1]  partition prefix
-- ARGV     header, most tasks
-- Returns  {'ok', number of tasks moved}
-- Publishes ready
--@include constants header keys partition sets signal queue outbox job job_end task retention lifecycle

local ids = redis.call('ZRANGEBYSCORE', keys.due, '-inf', partition.now, 'LIMIT', 0, tonumber(take()))
for _, id in ipairs(ids) do
  local t = task.read(id)
  if t then
    lifecycle.to_queued(t, false)
  else
    sets.remove(keys.due, id)
  end
end
lifecycle.flush()
return { 'ok', #ids }
