#!lua flags=allow-oom
-- remove: a schedule is no more. The tasks that it has submitted stay.
-- KEYS[1]  partition prefix
-- ARGV     header, schedule
-- Returns  {'ok', 'done'} or {'ok', 'not_found'}
-- Publishes nothing
--@include partition

local name = take()
if redis.call('DEL', keys.schedule(name)) == 0 then return { 'ok', 'not_found' } end
redis.call('ZREM', keys.schedules, name)
redis.call('ZREM', keys.fires, name)
return { 'ok', 'done' }
