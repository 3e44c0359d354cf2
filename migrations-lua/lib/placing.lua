-- How a queue comes into being: in the partition that its name hashes to, its home, or where it was given a seat.
--@needs partition
local placing = {}

-- Its generation tells its classes apart from those of queues of this name that were removed.
function placing.begin(name)
  local generation = redis.call('HGET', keys.meta, 'removed')
  redis.call('HSET', keys.queue(name), 'created', partition.now)
  if generation then redis.call('HSET', keys.queue(name), 'generation', generation) end
  redis.call('ZADD', keys.queues, 0, name)
end

-- Why a queue that is not here cannot come into being here, as the reply, or nil. At its home, where it is told
-- no seat, a signpost says where it belongs; elsewhere it needs the seat that the signpost named.
function placing.refusal(name, seat)
  if seat ~= '' then
    return redis.call('GET', keys.of_queue('seat', name)) ~= seat and { 'ok', 'unplaced' } or nil
  end
  local signpost = redis.call('GET', keys.of_queue('signpost', name))
  return signpost and { 'ok', 'elsewhere', string.match(signpost, '^(%d+) (%d+)$') } or nil
end
