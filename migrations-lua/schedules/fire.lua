#!lua
-- fire: one moment of a schedule is dealt with, once, whoever comes first: the schedule moves on to the
-- next one, and the task, if there is to be one, goes into the outbox in the same step.
-- KEYS[1]  partition prefix
-- ARGV     header, schedule, revision, the moment that is next and the one that waits, in ms or '', as
--          the caller knows them; the moments that are to be next and to wait, in ms or '';
--          when to look at it again in ms or ''; what became of the moment, a word or ''; then, for
--          one that is fired, the moment with its jitter, the task's id and the body of the outbox row
-- Returns  {'ok', 'done'}, or {'ok', 'changed'} when the schedule does not stand as the caller knows it
-- Publishes outbox
--@include partition firing

local name, revision, was_next, was_waiting = take(4)
local new_next, new_waiting, look_at, outcome = take(4)
local at, id, row = take(3)
local key = keys.schedule(name)
local stands = redis.call('HMGET', key, 'revision', 'next', 'waiting', 'paused')
if stands[1] ~= revision or stands[4] or (stands[2] or '') ~= was_next
    or (stands[3] or '') ~= was_waiting then
  return { 'ok', 'changed' }
end

local function keep(field, value)
  if value == '' then redis.call('HDEL', key, field) else redis.call('HSET', key, field, value) end
end
keep('next', new_next)
keep('waiting', new_waiting)
if look_at == '' then redis.call('ZREM', keys.fires, name) else redis.call('ZADD', keys.fires, look_at, name) end
if row then
  firing.submit(key, at, id, row)
elseif outcome ~= '' then
  redis.call('HSET', key, 'last_outcome', outcome)
end
signal.publish()
return { 'ok', 'done' }
