#!lua
-- register: a node says what it is; without its current session a new one begins.
-- Transition: session none | live | ended -> live; a session that is replaced has ended.
-- KEYS[1]  partition prefix
-- ARGV     header, node, current session or '', new session, dead_after ms, URL that its tasks are pushed to
--          or '', names of the queues they come from (JSON), secret or '', fresh secret, then fields and values
-- Returns  {'ok', 'new' | 'known', session, session that ended or '', now ms, whether the fresh secret
--          was taken ('1' | '0')}; {'ok', 'unknown'} when the current session is not the node's
-- Publishes ended, endpoint
--@include signal outage endpoint

-- Nothing beats for an endpoint: such a session lives until another takes its place.
local FOREVER = 9007199254740991

local node, current, fresh, dead_after = take(), take(), take(), tonumber(take())
local url, queues, secret, fresh_secret = take(), take(), take(), take()
local record = keys.node(node)
local before = redis.call('HMGET', record, 'session', 'registered', 'endpoint')
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
local made = false
if url ~= '' then
  redis.call('HSET', record, 'endpoint', url, 'endpoint_queues', queues, 'seen', partition.now, unpack(fields))
  redis.call('ZADD', keys.beats, text(FOREVER), node)
  made = endpoint.set('node', node, secret, fresh_secret, before[3] ~= url)
else
  redis.call('HSET', record, unpack(fields))
  redis.call('ZADD', keys.beats, partition.lease_now + dead_after, node)
  if before[3] then
    redis.call('HDEL', record, 'endpoint', 'endpoint_queues')
    endpoint.clear('node', node)
  end
end
if ended ~= '' then
  redis.call('DEL', keys.cancels(node))
  signal.line('ended ' .. node .. ' ' .. ended)
end
partition.save()
signal.publish()
return { 'ok', before[2] and 'known' or 'new', session, ended, partition.now, made and '1' or '0' }
