#!lua
-- seat: a queue that does not live at its home is given the right to come into being here, under a number that is
-- given out once. Mode 'leave': one that is not here loses it, and whoever still knows the number finds it void.
-- KEYS[1]  partition prefix
-- ARGV     header, queue
-- Returns  {'ok', 'done', seat}; in mode 'leave' {'ok', 'done'}, or {'ok', 'here'} when the queue is here
-- Publishes nothing
--@include partition

local name = take()
local key = keys.of_queue('seat', name)
if MODE == 'leave' then
  if redis.call('HEXISTS', keys.queue(name), 'created') == 1 then return { 'ok', 'here' } end
  redis.call('DEL', key)
  return { 'ok', 'done' }
end
local seat = redis.call('GET', key)
if not seat then
  seat = text(redis.call('HINCRBY', keys.meta, 'seats', 1))
  redis.call('SET', key, seat)
end
return { 'ok', 'done', seat }
