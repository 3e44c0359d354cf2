#!lua flags=allow-oom
-- heartbeat: a session says that it lives. One write, however many tasks it holds.
-- Transition: none (a live session stays live).
-- KEYS[1]  partition prefix
-- ARGV     header, node, session, dead_after ms, load or ''
-- Returns  {'ok', 'alive', draining ('1' | '0'), id of a task to cancel ...} or {'ok', 'unknown'}
-- Publishes nothing
--@include partition

local node, session, dead_after, load = take(), take(), tonumber(take()), take()
local record = redis.call('HMGET', keys.node(node), 'session', 'drain')
if record[1] ~= session or not redis.call('ZSCORE', keys.beats, node) then
  return { 'ok', 'unknown' }
end
-- Never back: the session of an endpoint lives on without beats.
redis.call('ZADD', keys.beats, 'GT', partition.lease_now + dead_after, node)
if load ~= '' then redis.call('HSET', keys.node(node), 'load', load) end
partition.save()
-- A page of the notes: a worker that stops these is told of the others by its next heartbeats.
local notes = redis.call('ZRANGEBYSCORE', keys.cancels(node), partition.now - CANCEL_NOTE_MS, '+inf', 'LIMIT', 0, 1000)
return { 'ok', 'alive', record[2] and '1' or '0', unpack(notes) }
