#!lua
-- point: sets the signpost at a queue's home that says where the queue lives, unless it is here or another one
-- stands. Mode 'away': takes that signpost away, if it is still the one.
-- KEYS[1]  partition prefix
-- ARGV     header, queue, partition, seat
-- Returns  {'ok', 'done'}, {'ok', 'here'}, or {'ok', 'elsewhere', partition, seat} for another one
-- Publishes nothing
--@include placing

local name, place, seat = take(3)
local key, signpost = keys.of_queue('signpost', name), place .. ' ' .. seat
local stands = redis.call('GET', key)
if MODE == 'away' then
  if stands == signpost then redis.call('DEL', key) end
  return { 'ok', 'done' }
end
if redis.call('HEXISTS', keys.queue(name), 'created') == 1 then return { 'ok', 'here' } end
if stands and stands ~= signpost then return placing.refusal(name, '') end
redis.call('SET', key, signpost)
return { 'ok', 'done' }
