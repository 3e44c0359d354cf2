#!lua flags=no-writes
-- get: reads operations as they are.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, then ids
-- Returns  {'ok', {field, value ...} or {} for an unknown one ...}
-- Publishes nothing
--@include partition

local records = { 'ok' }
while more() do records[#records + 1] = redis.call('HGETALL', keys.operation(take())) end
return records
