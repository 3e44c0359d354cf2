#!lua
-- configure: sets what a queue is like; one that is not there comes into being. Mode 'merge' leaves
-- what is not named as it is, and makes no queue.
-- KEYS[1]  partition prefix
-- ARGV     header, queue, its seat or '' at its home, revision it must have or '', secret of the target or '', fresh
--          secret, number of weights or '' for those it has, key, weight ..., number of fields to clear, field ..., then field, value ...
-- Returns  {'ok', 'new' | 'known', whether the fresh secret was taken ('1' | '0')}, {'ok', 'not_found'},
--          {'ok', 'other_revision'}, {'ok', 'no_target'} for a secret of none, or {'ok', 'has_tasks'}
--          when another ordering was asked for: queued and running tasks have places in the old one; for one that is
--          not there also {'ok', 'elsewhere', partition, seat} and {'ok', 'unplaced'} as place answers them
-- Publishes classes (whoever remembers what the queue is like looks again), endpoint; ready, due: limits may let go of
--          what they held
--@include placing limit_change endpoint signal

local name, seat, wanted, secret, fresh, weights = take(6)
weights = weights ~= '' and { take(2 * tonumber(weights)) }
local key = keys.queue(name)
local known = redis.call('HMGET', key, 'created', 'revision', 'ordering', 'target')
local refusal = not known[1] and placing.refusal(name, seat)
if refusal then return refusal end
if MODE == 'merge' and not known[1] then return { 'ok', 'not_found' } end
if wanted ~= '' and (not known[1] or wanted ~= '*' and wanted ~= (known[2] or '0')) then
  return { 'ok', 'other_revision' }
end

local cleared, fields, ordering, target, limits_named = {}, {}, known[3] or 'strict', known[4], false
for i = 1, tonumber(take()) do
  cleared[i] = take()
  if cleared[i] == 'ordering' then ordering = 'strict' end
  if cleared[i] == 'target' then target = false end
  limits_named = limits_named or string.find(cleared[i], '^limit_')
end
while more() do
  fields[#fields + 1] = take()
  fields[#fields + 1] = take()
  if fields[#fields - 1] == 'ordering' then ordering = fields[#fields] end
  if fields[#fields - 1] == 'target' then target = fields[#fields] end
  limits_named = limits_named or string.find(fields[#fields - 1], '^limit_')
end
if ordering ~= (known[3] or 'strict')
    and redis.call('EXISTS', keys.state(name, 'queued'), keys.state(name, 'running')) > 0 then
  return { 'ok', 'has_tasks' }
end
if secret ~= '' and not target then return { 'ok', 'no_target' } end

if cleared[1] then redis.call('HDEL', key, unpack(cleared)) end
if fields[1] then redis.call('HSET', key, unpack(fields)) end
redis.call('HINCRBY', key, 'revision', 1)
if not known[1] then placing.begin(name) end
if weights then
  redis.call('DEL', keys.of_queue('weights', name))
  redis.call('HDEL', key, 'weights')
  for i = 1, #weights, 1000 do
    redis.call('HSET', keys.of_queue('weights', name), unpack(weights, i, math.min(i + 999, #weights)))
  end
  if weights[1] then redis.call('HSET', key, 'weights', #weights / 2) end
end
if limits_named then
  limit_change.begin(name)
  limit_change.settle(queue.load(name))
  queue.flush()
end
signal.line('classes ' .. name)
local made = false
if target then
  made = endpoint.set('queue', name, secret, fresh, target ~= known[4])
elseif known[4] then
  endpoint.clear('queue', name)
end
signal.publish()
return { 'ok', known[1] and 'known' or 'new', made and '1' or '0' }
