#!lua flags=no-writes
-- due: the schedules that have something to fire, whole, and the clock that they go by.
-- KEYS[1]  partition prefix
-- ARGV     header, most schedules
-- Returns  {'ok', now in ms, {schedule, {field, value ...}} ...}
-- Publishes nothing
--@include partition

local found = { 'ok', partition.now }
for _, name in ipairs(redis.call('ZRANGEBYSCORE', keys.fires, '-inf', partition.now, 'LIMIT', 0, take())) do
  found[#found + 1] = { name, redis.call('HGETALL', keys.schedule(name)) }
end
return found
