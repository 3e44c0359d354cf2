#!lua flags=allow-oom
-- expire: tasks that were not started in time.
-- Transition: scheduled | queued | retry_wait -> expired.
-- KEYS[1]  partition prefix
-- ARGV     header, most tasks
-- Returns  {'ok', number of tasks expired}
-- Publishes final
--@include constants header keys partition sets signal queue outbox job job_end task retention lifecycle

local ids = redis.call('ZRANGEBYSCORE', keys.expiries, '-inf', partition.now, 'LIMIT', 0, tonumber(take()))
for _, id in ipairs(ids) do
  local t = task.read(id)
  if t then
    lifecycle.to_final(t, 'expired')
  else
    sets.remove(keys.expiries, id)
  end
end
lifecycle.flush()
return { 'ok', #ids }
