#!lua
-- start: a change of many tasks begins, as an operation whose steps the sweep does.
-- Transition: none -> running.
-- KEYS[1]  partition prefix
-- ARGV     header, id, number of fields, field, value ..., then ids of the tasks, if they are known
-- Returns  {'ok', {field, value ...}}
-- Publishes due
--@include operation

local MOST_ARGUMENTS = 1000
local id = take()
local fields, ids = { take(2 * take()) }, {}
while more() do ids[#ids + 1] = take() end
-- Said again, because the answer was lost: it has begun already.
local known = operation.read(id)
if known then return { 'ok', known.flat } end

redis.call('HSET', keys.operation(id), 'state', 'running', 'created', text(partition.now), 'step', '0',
  'matched', text(#ids), unpack(fields))
for first = 1, #ids, MOST_ARGUMENTS do
  redis.call('RPUSH', keys.operation_ids(id), unpack(ids, first, math.min(first + MOST_ARGUMENTS - 1, #ids)))
end
redis.call('ZADD', keys.operations, 0, id)
operation.schedule(id, partition.now)
partition.save()
signal.publish()
return { 'ok', operation.read(id).flat }
