#!lua flags=allow-oom
-- pause: the operation does nothing more for now, or (mode 'resume') goes on.
-- Transition: running <-> paused.
-- KEYS[1]  partition prefix
-- ARGV     header, id
-- Returns  {'ok', 'done', {field, value ...}}, {'ok', 'over', state} or {'ok', 'not_found'}
-- Publishes due
--@include operation

local id = take()
local record = operation.read(id)
if not record then return { 'ok', 'not_found' } end
if operation.is_over(record) then return { 'ok', 'over', record.state } end

if MODE == 'resume' and record.state == 'paused' then
  redis.call('HSET', keys.operation(id), 'state', 'running')
  -- A pause is no way around the rate.
  operation.schedule(id, math.max(partition.now, tonumber(record.next or 0)))
elseif MODE ~= 'resume' then
  redis.call('HSET', keys.operation(id), 'state', 'paused')
  redis.call('ZREM', keys.steps, id)
end
partition.save()
signal.publish()
return { 'ok', 'done', operation.read(id).flat }
