-- The ready tasks of a queue, as a claim takes them.
local ready = {}

local PAGE = 16

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

-- Takes up to `most` first tasks out of the classes that the node may run: ready set, {id, score ...}.
function ready.pop(q, allowed, most)
  if q.classes <= 1 then
    local set = keys.ready(q.name, '0')
    return set, redis.call('ZPOPMIN', set, most)
  end
  local best, bound = first_heads(q, allowed)
  if not best then return nil, {} end
  local set = keys.ready(q.name, best)
  local popped = redis.call('ZRANGEBYSCORE', set, '-inf', bound, 'WITHSCORES', 'LIMIT', 0, most)
  for i = 1, #popped, 2 do redis.call('ZREM', set, popped[i]) end
  queue.write_head(q, best)
  queue.touch(q, best)
  return set, popped
end
