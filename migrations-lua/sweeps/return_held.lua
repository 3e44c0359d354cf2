#!lua flags=allow-oom
-- return_held: gives back, a page at a time, what a session held that has ended; or (mode 'release',
-- at the end of a drain) what it holds, free of charge.
-- Transition: running -> queued | failed (poison) | cancelled; released: running -> queued | cancelled.
-- KEYS[1]  partition prefix
-- ARGV     header, node, session, most tasks
-- Returns  {'ok', number of tasks given back, {queue, type of one that was lost ...}}
-- Publishes ready, final
--@include attempts setback

-- As an operator's release: the worker's own later reports find the lease lost.
local function release(t)
  local ending = { 'settled', 'revoked', 'ended', partition.now }
  if t.cancel then
    lifecycle.to_final(t, 'cancelled', unpack(ending))
  else
    lifecycle.to_queued(t, true, unpack(ending))
  end
end

local held = keys.held(take(), take())
local give_back = MODE == 'release' and release or setback.lose
local ids, lost = redis.call('ZRANGE', held, 0, tonumber(take()) - 1), {}
for _, id in ipairs(ids) do
  local t = task.read(id)
  if t and t.state == 'running' then
    give_back(t)
    if MODE == '' then
      lost[#lost + 1] = t.queue
      lost[#lost + 1] = t.type or DEFAULT_TYPE
    end
  else
    sets.remove(held, id)
  end
end
lifecycle.flush()
return { 'ok', #ids, lost }
