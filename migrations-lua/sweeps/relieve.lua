#!lua flags=allow-oom
-- relieve: while Redis is short of memory, deletes a page of finished tasks before their time: the
-- oldest of the queue that has the most in the first of the states that has any.
-- Transition: succeeded | cancelled | expired | failed -> none.
-- KEYS[1]  partition prefix
-- ARGV     header, most tasks to delete now, then final states in the order in which they go
-- Returns  {'ok', number of tasks deleted}
-- Publishes nothing
--@include deletion

local most, names = tonumber(take()), redis.call('ZRANGE', keys.queues, 0, -1)
while more() do
  local state = take()
  local fullest, count = nil, 0
  for _, name in ipairs(names) do
    local has = redis.call('ZCARD', keys.state(name, state))
    if has > count then fullest, count = name, has end
  end
  if fullest then
    local set = keys.state(fullest, state)
    local ids = redis.call('ZRANGE', set, 0, most - 1)
    for _, id in ipairs(ids) do deletion.trim(id) end
    redis.call('ZREM', set, unpack(ids))
    sets.flush()
    return { 'ok', #ids }
  end
end
return { 'ok', 0 }
