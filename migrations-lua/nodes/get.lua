#!lua flags=no-writes
-- get: reads nodes as they are.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, then nodes
-- Returns  {'ok', {silence ms or -1, last seen ms, {field, value ...}} or {} for an unknown node ...}
-- Publishes nothing
--@include partition

local nodes = { 'ok' }
while more() do
  local node = take()
  local record = redis.call('HGETALL', keys.node(node))
  local due = tonumber(redis.call('ZSCORE', keys.beats, node) or nil)
  local silence = due and math.max(0, partition.lease_now - (due - DEAD_AFTER_MS)) or -1
  -- An endpoint does not beat; what was heard of it last is written down.
  local beats = due and due <= partition.lease_now + DEAD_AFTER_MS
  local seen = beats and partition.now - silence or tonumber(redis.call('HGET', keys.node(node), 'seen') or 0)
  nodes[#nodes + 1] = record[1] and { silence, seen, record } or {}
end
return nodes
