#!lua flags=no-writes
-- get: reads schedules as they are, and the clock that they go by.
-- KEYS[1]  partition prefix
-- ARGV     header, then schedules
-- Returns  {'ok', now in ms, {field, value ...} or {} for a missing schedule ...}
-- Publishes nothing
--@include partition

local found = { 'ok', partition.now }
while more() do found[#found + 1] = redis.call('HGETALL', keys.schedule(take())) end
return found
