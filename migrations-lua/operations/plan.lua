#!lua flags=allow-oom
-- plan: the next step of the operation that is due first. Until the step is reported it is not due again
-- for a while, so that a step that fails does not keep the others waiting. One that is long over is forgotten.
-- Transition: succeeded | aborted -> none.
-- KEYS[1]  partition prefix
-- ARGV     header, ms until the step may be planned again
-- Returns  {'ok', 'step', id, {field, value ...}, {task id ...}}, {'ok', 'forgotten'} or {'ok', 'nothing'}
-- Publishes nothing
--@include operation

local patience = tonumber(take())
local id = redis.call('ZRANGEBYSCORE', keys.steps, '-inf', text(partition.now), 'LIMIT', 0, 1)[1]
if not id then return { 'ok', 'nothing' } end
local record = operation.read(id)
if not record or operation.is_over(record) then
  redis.call('DEL', keys.operation(id), keys.operation_ids(id))
  redis.call('ZREM', keys.operations, id)
  redis.call('ZREM', keys.steps, id)
  return { 'ok', 'forgotten' }
end
redis.call('ZADD', keys.steps, text(partition.now + patience), id)
partition.save()
return { 'ok', 'step', id, record.flat, redis.call('LRANGE', keys.operation_ids(id), 0, record.size - 1) }
