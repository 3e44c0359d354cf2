-- Where tasks are pushed to: the endpoint of a node, or the target of a queue (kinds 'node' and 'queue').
-- The URL stands in the record of that node or queue. Its secret, and how it fares, stand in a record
-- of their own, so that nobody gets to see the secret who reads the other.
--@needs partition signal
local endpoint = {}
local HEALTH = { 'open_until', 'failures', 'error' }

local function tell(kind, name) signal.line('endpoint ' .. kind .. ' ' .. name) end

-- Sets the secret that was given; without one it keeps its own, or gets the fresh one: then true.
function endpoint.set(kind, name, given, fresh, has_moved)
  local key = keys.endpoint(kind, name)
  local made = given == '' and redis.call('HSETNX', key, 'secret', fresh) == 1
  if given ~= '' then
    redis.call('HSET', key, 'secret', given)
    redis.call('HDEL', key, 'secret_before', 'secret_until')
  end
  -- How another address fared says nothing of this one.
  if has_moved then redis.call('HDEL', key, unpack(HEALTH)) end
  redis.call('ZADD', keys.endpoints, 0, kind .. ':' .. name)
  tell(kind, name)
  return made
end

function endpoint.clear(kind, name)
  local had = redis.call('DEL', keys.endpoint(kind, name)) + redis.call('ZREM', keys.endpoints, kind .. ':' .. name)
  if had > 0 then tell(kind, name) end
end

endpoint.tell = tell
