#!lua flags=no-writes
-- list: the ids of the partition's jobs in the order of their creation.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, first rank, number of jobs
-- Returns  {'ok', id ...}
-- Publishes nothing
--@include partition

local first, count = tonumber(take()), tonumber(take())
return { 'ok', unpack(redis.call('ZRANGE', keys.jobs, first, first + count - 1)) }
