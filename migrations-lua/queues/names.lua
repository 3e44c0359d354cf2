#!lua flags=no-writes
-- names: the names of the partition's queues.
-- KEYS[1]  partition prefix
-- ARGV     header
-- Returns  {'ok', queue ...}
-- Publishes nothing
--@include partition

local names = redis.call('ZRANGE', keys.queues, 0, -1)
table.insert(names, 1, 'ok')
return names
