-- Operations: changes of many tasks, a step at a time. The record and the ids that are still to do
-- stand in the operation's partition, the tasks in any.
--@needs partition signal
local operation = {}

-- The record as a table of its fields, or nil. `flat` is the record as a reply shows it.
function operation.read(id)
  local flat = redis.call('HGETALL', keys.operation(id))
  if not flat[1] then return nil end
  local record = { flat = flat }
  for i = 1, #flat, 2 do record[flat[i]] = flat[i + 1] end
  return record
end

function operation.is_over(record) return record.state == 'succeeded' or record.state == 'aborted' end

-- When its next step is due, or, once it is over, when it is forgotten.
function operation.schedule(id, at)
  redis.call('ZADD', keys.steps, text(at), id)
  signal.due(at)
end

-- The time to live is the backstop for the case that no sweep comes.
function operation.finish(id, state)
  redis.call('HSET', keys.operation(id), 'state', state, 'finished', text(partition.now))
  redis.call('DEL', keys.operation_ids(id))
  redis.call('PEXPIRE', keys.operation(id), text(2 * KEEP_OPERATION_MS))
  operation.schedule(id, partition.now + KEEP_OPERATION_MS)
  signal.line('operation ' .. id)
end
