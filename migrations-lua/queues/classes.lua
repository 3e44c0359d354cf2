#!lua flags=no-writes
-- classes: the kinds of work a queue holds, and the numbers that stand for them.
-- KEYS[1]  partition prefix
-- ARGV     header, queue
-- Returns  {'ok', number of classes, {definition, number ...}}; -1 classes for a missing queue
-- Publishes nothing
--@include constants header keys partition

local name = take()
local record = redis.call('HMGET', keys.queue(name), 'created', 'classes')
if not record[1] then return { 'ok', -1, {} } end
return { 'ok', tonumber(record[2] or 0), redis.call('HGETALL', keys.classes(name)) }
