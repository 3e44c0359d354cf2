-- How a schedule fires: it is counted, and its task goes into the outbox as a row that names the task's
-- id, in one step. However often the row is delivered, there is one task.
--@needs outbox
local firing = {}

-- `at` is the moment that was fired, `row` the body of the row.
function firing.submit(key, at, id, row)
  redis.call('HINCRBY', key, 'fires', 1)
  redis.call('HSET', key, 'last_fire', at, 'last_task', id, 'last_outcome', 'fired')
  outbox.write('fire', row)
end
