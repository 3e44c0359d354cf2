#!lua flags=no-writes
-- list: the names of the partition's nodes in the order of their registration.
-- KEYS[1]  partition prefix
-- ARGV     header, first rank, number of nodes
-- Returns  {'ok', node, registered ms ...}
-- Publishes nothing
--@include partition

local first, count = tonumber(take()), tonumber(take())
return { 'ok', unpack(redis.call('ZRANGE', keys.nodes, first, first + count - 1, 'WITHSCORES')) }
