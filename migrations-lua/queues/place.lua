#!lua
-- place: a queue comes into being in its partition, unless it is there.
-- KEYS[1]  partition prefix
-- ARGV     header, queue
-- Returns  {'ok', 'new' | 'known'}
-- Publishes nothing
--@include constants header keys partition

local name = take()
if redis.call('HSETNX', keys.queue(name), 'created', partition.now) == 0 then return { 'ok', 'known' } end
redis.call('ZADD', keys.queues, 0, name)
return { 'ok', 'new' }
