#!lua flags=allow-oom
-- advance: a step of an operation is done; counts it, once, and says when the next one is due.
-- Transition: running -> succeeded, when there is nothing left.
-- KEYS[1]  partition prefix
-- ARGV     header, id, number of the step, number of its tasks, then 'done' | 'failed' | why tasks were left
--          as they are, their number ...
-- Returns  {'ok'}
-- Publishes due, operation
--@include operation

local id, step, count = take(), take(), tonumber(take())
local record = operation.read(id)
if not record or record.step ~= step then return { 'ok' } end

while more() do
  local word, tasks = take(2)
  if word ~= 'done' and word ~= 'failed' then word = 'skipped_' .. word end
  redis.call('HINCRBY', keys.operation(id), word, tasks)
end
local next = partition.now + tonumber(record.interval)
redis.call('HSET', keys.operation(id), 'step', text(tonumber(step) + 1), 'next', text(next))
if count > 0 then redis.call('LTRIM', keys.operation_ids(id), count, -1) end
if record.state == 'running' then
  if record.scanned and redis.call('EXISTS', keys.operation_ids(id)) == 0 then
    operation.finish(id, 'succeeded')
  else
    operation.schedule(id, next)
  end
end
partition.save()
signal.publish()
return { 'ok' }
