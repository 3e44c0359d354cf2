#!lua flags=allow-oom
-- end_dead: ends the sessions that have been silent for too long.
-- Transition: session live -> ended (dead).
-- KEYS[1]  partition prefix
-- ARGV     header, most sessions
-- Returns  {'ok', node, session ...} that ended
-- Publishes ended
--@include session

outage.look()
local ended = { 'ok' }
for _, node in ipairs(redis.call('ZRANGEBYSCORE', keys.beats, '-inf', partition.lease_now, 'LIMIT', 0, tonumber(take()))) do
  local id = redis.call('HGET', keys.node(node), 'session')
  if not session.life(node, id) then
    ended[#ended + 1] = node
    ended[#ended + 1] = id
  end
end
signal.publish()
return ended
