#!lua flags=no-writes
-- get: reads jobs as they are.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, then ids
-- Returns  {'ok', now in ms, record ...}, each {field, value ...}, empty for one that is not there
-- Publishes nothing
--@include partition

local replies = { 'ok', partition.now }
while more() do replies[#replies + 1] = redis.call('HGETALL', keys.job(take())) end
return replies
