#!lua flags=no-writes
-- get: reads queues as they are.
-- KEYS[1]  partition prefix
-- ARGV     header, then queues; none for every queue of the partition
-- Returns  {'ok', {queue, {field, value ...}, {key, weight ...} where it has any} or {} for a missing queue ...}
-- Publishes nothing
--@include partition

local names = {}
while more() do names[#names + 1] = take() end
if not names[1] then names = redis.call('ZRANGE', keys.queues, 0, -1) end
local queues = { 'ok' }
for _, name in ipairs(names) do
  local record = redis.call('HGETALL', keys.queue(name))
  local weights = redis.call('HGETALL', keys.weights(name))
  queues[#queues + 1] = record[1] and { name, record, weights[1] and weights or nil } or {}
end
return queues
