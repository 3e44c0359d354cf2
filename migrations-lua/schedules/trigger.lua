#!lua
-- trigger: a schedule fires now, paused or not; its moments stay as they are.
-- KEYS[1]  partition prefix
-- ARGV     header, schedule, revision, the task's id, the body of the outbox row
-- Returns  {'ok', 'done'}, or {'ok', 'changed'} when the schedule has another revision or is gone
-- Publishes outbox
--@include partition firing

local name, revision, id, row = take(4)
local key = keys.schedule(name)
if redis.call('HGET', key, 'revision') ~= revision then return { 'ok', 'changed' } end
firing.submit(key, text(partition.now), id, row)
signal.publish()
return { 'ok', 'done' }
