#!lua
-- register: a node says what it is; without its current session a new one begins.
-- Transition: session none | live | ended -> live; a session that is replaced has ended.
-- KEYS[1]  partition prefix
-- ARGV     header, node, current session or '', new session, dead_after ms, then fields and values
-- Returns  {'ok', 'new' | 'known', session, session that ended or '', now ms};
--          {'ok', 'unknown'} when the current session is not the node's
-- Publishes ended
--@include signal outage

local node, current, fresh, dead_after = take(), take(), take(), tonumber(take())
local record = keys.node(node)
local before = redis.call('HMGET', record, 'session', 'registered')
local lives = before[1] and redis.call('ZSCORE', keys.beats, node)
local session, ended = fresh, before[1] or ''
if current ~= '' then
  if not lives or before[1] ~= current then return { 'ok', 'unknown' } end
  session, ended = current, ''
end

local fields = { 'session', session }
while more() do fields[#fields + 1] = take() end
if not before[2] then
  fields[#fields + 1] = 'registered'
  fields[#fields + 1] = partition.now
  redis.call('ZADD', keys.nodes, partition.now, node)
end
outage.begin()
redis.call('HSET', record, unpack(fields))
redis.call('ZADD', keys.beats, partition.lease_now + dead_after, node)
if ended ~= '' then
  redis.call('DEL', keys.cancels(node))
  signal.line('ended ' .. node .. ' ' .. ended)
end
partition.save()
signal.publish()
return { 'ok', before[2] and 'known' or 'new', session, ended, partition.now }
