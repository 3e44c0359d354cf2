#!lua flags=no-writes
-- held: what nodes hold in this partition of tasks, which need not be their own.
-- KEYS[1]  partition prefix
-- ARGV     header, then node, session or '' ...; mode 'check': node, session or '', then task ids
-- Returns  {'ok', number of running tasks ...}; in mode 'check'
--          {'ok', 'held' | 'cancel' | 'lost' ...} in the order of the ids
-- Publishes nothing
--@include constants header keys partition

local held = { 'ok' }
if MODE == 'check' then
  local node, session = take(), take()
  while more() do
    local t = redis.call('HMGET', keys.task(take()), 'state', 'node', 'session', 'cancel')
    local own = t[1] == 'running' and t[2] == node and (t[3] or '') == session
    held[#held + 1] = own and (t[4] and 'cancel' or 'held') or 'lost'
  end
  return held
end
while more() do
  local node, session = take(), take()
  local count = redis.call('ZCARD', keys.held(node, ''))
  if session ~= '' then count = count + redis.call('ZCARD', keys.held(node, session)) end
  held[#held + 1] = count
end
return held
