-- The ready tasks of a queue, as a claim takes them.
--@needs turns
local ready = {}

-- The classes that a claim names: '*' for all, else a table of their numbers.
function ready.allowed(text)
  if text == '*' then return text end
  local allowed = {}
  for class in string.gmatch(text, '%d+') do allowed[class] = true end
  return allowed
end

-- Takes up to `most` first tasks out of the classes that the node may run: their class where there are
-- several, {id, score ...}.
function ready.pop(q, allowed, most)
  if q.limited then most = open_limits().most(q, most) end
  if most <= 0 then return nil, {} end
  if q.fair then
    -- What the last pop took in vain may have closed the limit of its key.
    if q.limited and q.lines then open_shares().flush(q) end
    return nil, open_turns().pop(q, allowed, most)
  end
  local class, popped = '0', nil
  if q.classes <= 1 then
    popped = redis.call('ZPOPMIN', keys.ready(q.name, '0'), most)
  else
    local best, bound = heads.first(q, allowed)
    if not best then return nil, {} end
    if q.limit_types then most = math.min(most, open_limits().class_room(q, best)) end
    local set = keys.ready(q.name, best)
    class, popped = best, redis.call('ZRANGEBYSCORE', set, '-inf', bound, 'WITHSCORES', 'LIMIT', 0, most)
    for i = 1, #popped, 2 do redis.call('ZREM', set, popped[i]) end
    queue.write_head(q, best)
    queue.touch(q, best)
  end
  if q.limited and popped[1] then open_limits().take(q, class, '', #popped / 2) end
  return class, popped
end

-- Puts back what ready.pop has taken, from its index `first` on.
function ready.give_back(q, class, popped, first)
  for i = first, #popped, 2 do
    local own, key = class, ''
    if q.fair then
      local t = redis.call('HMGET', keys.task(popped[i]), 'class', 'fairness_key')
      own, key = t[1] or '0', t[2] or ''
      shares.left(q, own, key)
    end
    redis.call('ZADD', keys.line(q.name, own, key), popped[i + 1], popped[i])
    if q.limited then open_limits().take(q, own, key, -1) end
    if q.fair_by == 'run_time' then open_charges().give_back(q, own, key) end
  end
  if class and q.classes > 1 then queue.write_head(q, class) end
end
