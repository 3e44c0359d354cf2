#!lua
-- set: says what a schedule is like. Without a revision it comes into being, with one it is changed.
-- KEYS[1]  partition prefix
-- ARGV     header, schedule, revision it has or '', when to look at it next in ms or '' for never,
--          then field, value ...; an empty value clears the field
-- Returns  {'ok', 'done'}, or {'ok', 'changed'} when it has another revision, is there or is not
-- Publishes due
--@include partition signal

local name, revision, look_at = take(), take(), take()
local key = keys.schedule(name)
if (redis.call('HGET', key, 'revision') or '') ~= revision then return { 'ok', 'changed' } end

while more() do
  local field, value = take(), take()
  if value == '' then redis.call('HDEL', key, field) else redis.call('HSET', key, field, value) end
end
if revision == '' then
  redis.call('HSET', key, 'created', text(partition.now))
  redis.call('ZADD', keys.schedules, 0, name)
end
redis.call('HINCRBY', key, 'revision', 1)
if look_at == '' then
  redis.call('ZREM', keys.fires, name)
else
  redis.call('ZADD', keys.fires, look_at, name)
  signal.due(tonumber(look_at))
end
signal.publish()
return { 'ok', 'done' }
