#!lua
-- place: a queue comes into being in its partition, unless it is there.
-- KEYS[1]  partition prefix
-- ARGV     header, queue
-- Returns  {'ok', 'new' | 'known'}
-- Publishes nothing
--@include placing

local name = take()
if redis.call('HEXISTS', keys.queue(name), 'created') == 1 then return { 'ok', 'known' } end
placing.begin(name)
return { 'ok', 'new' }
