-- The ready tasks of a queue, as a claim takes them.
local ready = {}

-- Takes up to `most` first tasks out of the classes that the node may run: ready set, {id, score ...}.
function ready.pop(q, allowed, most)
  if q.classes <= 1 then
    local set = keys.ready(q.name, '0')
    return set, redis.call('ZPOPMIN', set, most)
  end
  local heads = redis.call('ZRANGE', keys.heads(q.name), 0, -1, 'WITHSCORES')
  local best, bound = nil, '+inf'
  for i = 1, #heads, 2 do
    if allowed == '*' or allowed[heads[i]] then
      if best then
        bound = '(' .. heads[i + 1]
        break
      end
      best = heads[i]
    end
  end
  if not best then return nil, {} end
  local set = keys.ready(q.name, best)
  local popped = redis.call('ZRANGEBYSCORE', set, '-inf', bound, 'WITHSCORES', 'LIMIT', 0, most)
  for i = 1, #popped, 2 do redis.call('ZREM', set, popped[i]) end
  queue.write_head(q, best)
  queue.touch(q, best)
  return set, popped
end
