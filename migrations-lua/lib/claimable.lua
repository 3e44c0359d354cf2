-- How many of a queue's ready tasks may start now.
--@needs queue

-- Fairness keys that are looked at: what limits hold of others is not counted.
local MOST_KEYS = 1000

local function classes_of(q, key)
  local all = q.split and redis.call('ZRANGE', keys.key_heads(q.name, key), 0, -1) or {}
  all[#all + 1] = '0'
  return all
end

-- Ready tasks that no limit holds. Of several kinds of limits the one that holds most counts.
local function claimable(q)
  local queued = redis.call('ZCARD', keys.state(q.name, 'queued'))
  if not q.limited then return queued end
  local limits, tasks, held = open_limits(), {}, { k = 0, t = 0 }
  local function count(scope, line) tasks[scope] = (tasks[scope] or 0) + redis.call('ZCARD', line) end
  local function look(class, key)
    local line, name = keys.line(q.name, class, key), limits.type_of(q, class)
    if key ~= '' then count('k' .. key, line) end
    if name then count('t' .. name, line) end
  end
  if not q.fair then
    for class = 0, q.classes - 1 do look(text(class), '') end
  else
    local names, known = redis.call('ZRANGE', keys.shares(q.name), 0, MOST_KEYS - 1), {}
    for _, scope in ipairs(redis.call('ZRANGE', keys.parked(q.name), 0, MOST_KEYS - 1)) do
      if string.sub(scope, 1, 1) == 'k' then names[#names + 1] = string.sub(scope, 2) end
    end
    for _, key in ipairs(names) do
      for _, class in ipairs(not known[key] and classes_of(q, key) or {}) do look(class, key) end
      known[key] = true
    end
  end
  for scope, number in pairs(tasks) do
    local letter = string.sub(scope, 1, 1)
    held[letter] = held[letter] + math.max(0, number - limits.room(q, scope))
  end
  return math.min(queued - math.max(held.k, held.t), (limits.room(q, 'q')))
end
