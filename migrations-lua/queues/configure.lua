#!lua
-- configure: sets what a queue is like; one that is not there comes into being. Mode 'merge' leaves
-- what is not named as it is, and makes no queue.
-- KEYS[1]  partition prefix
-- ARGV     header, queue, revision it must have or '', number of fields to clear, field ...,
--          then field, value ...
-- Returns  {'ok', 'new' | 'known'}, {'ok', 'not_found'}, {'ok', 'other_revision'}, or {'ok', 'has_tasks'}
--          when another ordering was asked for: queued and running tasks have places in the old one
-- Publishes classes: whoever remembers what the queue is like looks again
--@include placing signal

local name, wanted = take(), take()
local key = keys.queue(name)
local known = redis.call('HMGET', key, 'created', 'revision', 'ordering')
if MODE == 'merge' and not known[1] then return { 'ok', 'not_found' } end
if wanted ~= '' and (not known[1] or wanted ~= '*' and wanted ~= (known[2] or '0')) then
  return { 'ok', 'other_revision' }
end

local cleared, fields, ordering = {}, {}, known[3] or 'strict'
for i = 1, tonumber(take()) do
  cleared[i] = take()
  if cleared[i] == 'ordering' then ordering = 'strict' end
end
while more() do
  fields[#fields + 1] = take()
  fields[#fields + 1] = take()
  if fields[#fields - 1] == 'ordering' then ordering = fields[#fields] end
end
if ordering ~= (known[3] or 'strict')
    and redis.call('EXISTS', keys.state(name, 'queued'), keys.state(name, 'running')) > 0 then
  return { 'ok', 'has_tasks' }
end

if cleared[1] then redis.call('HDEL', key, unpack(cleared)) end
if fields[1] then redis.call('HSET', key, unpack(fields)) end
redis.call('HINCRBY', key, 'revision', 1)
signal.line('classes ' .. name)
signal.publish()
if known[1] then return { 'ok', 'known' } end
placing.begin(name)
return { 'ok', 'new' }
