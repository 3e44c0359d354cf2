#!lua flags=no-writes
-- held: what nodes hold in this partition of tasks, which need not be their own.
-- KEYS[1]  partition prefix
-- ARGV     header, then node, session or '' ...; mode 'check': node, session or '', then task ids
-- Returns  {'ok', number of running tasks, {what one takes of the node, how many do ...} ...}; in mode 'check'
--          {'ok', 'held' | 'cancel' | 'lost' ...} in the order of the ids
-- Publishes nothing
--@include partition task

local held = { 'ok' }
if MODE == 'check' then
  local node, session = take(), take()
  while more() do
    local t = task.read(take())
    local own = t and t.state == 'running' and t.node == node and (t.session or '') == session
    held[#held + 1] = own and (t.cancel and 'cancel' or 'held') or 'lost'
  end
  return held
end
while more() do
  local node, session = take(), take()
  local count = redis.call('ZCARD', keys.held(node, ''))
  if session ~= '' then count = count + redis.call('ZCARD', keys.held(node, session)) end
  held[#held + 1] = count
  held[#held + 1] = redis.call('HGETALL', keys.using(node))
end
return held
