#!lua flags=allow-oom
-- return_held: gives back, a page at a time, what a session held that has ended.
-- Transition: running -> queued | failed (poison) | cancelled.
-- KEYS[1]  partition prefix
-- ARGV     header, node, session, most tasks
-- Returns  {'ok', number of tasks given back}
-- Publishes ready, final
--@include constants header keys partition sets signal queue outbox job job_end task attempts backoff retention lifecycle

local held = keys.held(take(), take())
local ids = redis.call('ZRANGE', held, 0, tonumber(take()) - 1)
for _, id in ipairs(ids) do
  local t = task.read(id)
  if t and t.state == 'running' then
    lifecycle.to_lost(t)
  else
    sets.remove(held, id)
  end
end
lifecycle.flush()
return { 'ok', #ids }
