#!lua
-- fill: tasks that fit an operation's filter are to be changed. A page that was noted before changes nothing.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id, place at which the page begins, place behind it or '' at the end, then task ids
-- Returns  {'ok'}
-- Publishes due
--@include operation

local id, place, behind = take(), take(), take()
local ids = {}
while more() do ids[#ids + 1] = take() end
local record = operation.read(id)
if not record or record.state ~= 'running' or record.scanned or (record.place or '') ~= place then return { 'ok' } end

if ids[1] then redis.call('RPUSH', keys.operation_ids(id), unpack(ids)) end
if behind == '' then
  redis.call('HSET', keys.operation(id), 'scanned', '1')
else
  redis.call('HSET', keys.operation(id), 'place', behind)
end
redis.call('HINCRBY', keys.operation(id), 'matched', #ids)
operation.schedule(id, partition.now)
partition.save()
signal.publish()
return { 'ok' }
