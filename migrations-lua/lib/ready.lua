-- The ready tasks of a queue, as a claim takes them.
--@needs queue
local ready = {}

local PAGE = 16

-- The classes that a claim names: '*' for all, else a table of their numbers.
function ready.allowed(text)
  if text == '*' then return text end
  local allowed = {}
  for class in string.gmatch(text, '%d+') do allowed[class] = true end
  return allowed
end

-- The class whose first task is the next one, and the score up to which its tasks come before
-- those of any other class that the node may run. Read in pages: the first few nearly always do.
local function first_heads(q, allowed)
  local best, score, from = nil, nil, 0
  while true do
    local heads = redis.call('ZRANGE', keys.heads(q.name), from, from + PAGE - 1, 'WITHSCORES')
    for i = 1, #heads, 2 do
      if allowed == '*' or allowed[heads[i]] then
        -- Under `aging`, two classes may have equal heads: then either may go first.
        if best then return best, (heads[i + 1] == score and '' or '(') .. heads[i + 1] end
        best, score = heads[i], heads[i + 1]
      end
    end
    if #heads < 2 * PAGE then return best, '+inf' end
    from = from + PAGE
  end
end

-- Takes up to `most` first tasks out of the classes that the node may run: their class, {id, score ...}.
function ready.pop(q, allowed, most)
  if q.classes <= 1 then
    return '0', redis.call('ZPOPMIN', keys.ready(q.name, '0'), most)
  end
  local best, bound = first_heads(q, allowed)
  if not best then return nil, {} end
  local set = keys.ready(q.name, best)
  local popped = redis.call('ZRANGEBYSCORE', set, '-inf', bound, 'WITHSCORES', 'LIMIT', 0, most)
  for i = 1, #popped, 2 do redis.call('ZREM', set, popped[i]) end
  queue.write_head(q, best)
  queue.touch(q, best)
  return best, popped
end

-- Puts back what ready.pop has taken, from its index `first` on.
function ready.give_back(q, class, popped, first)
  for i = first, #popped, 2 do redis.call('ZADD', keys.ready(q.name, class), popped[i + 1], popped[i]) end
  if q.classes > 1 then queue.write_head(q, class) end
end
