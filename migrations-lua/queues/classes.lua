#!lua flags=no-writes
-- classes: the kinds of work a queue holds, and the numbers that stand for them.
-- KEYS[1]  partition prefix
-- ARGV     header, queue
-- Returns  {'ok', version of the classes, {definition, number ...}, placement or ''}, or {'ok', 'not_found'}
-- Publishes nothing
--@include queue

local name = take()
local q = queue.load(name)
if not q then return { 'ok', 'not_found' } end
return { 'ok', q.version, redis.call('HGETALL', keys.classes(name)), q.placement or '' }
