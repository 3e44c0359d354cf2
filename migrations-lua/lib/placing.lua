-- How a queue comes into being.
--@needs partition
local placing = {}

-- Its generation tells its classes apart from those of queues of this name that were removed.
function placing.begin(name)
  local generation = redis.call('HGET', keys.meta, 'removed')
  redis.call('HSET', keys.queue(name), 'created', partition.now)
  if generation then redis.call('HSET', keys.queue(name), 'generation', generation) end
  redis.call('ZADD', keys.queues, 0, name)
end
