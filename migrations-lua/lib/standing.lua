-- How a ready task stands before the next claim: how many tasks go first, and which limits hold it.
--@needs claimable
local standing = {}

-- Ready tasks of a key, or those of them that go before a place.
local function count_key(q, key, before)
  local count = 0
  for _, class in ipairs(classes_of(q, key)) do
    local line = keys.line(q.name, class, key)
    count = count + (before and redis.call('ZCOUNT', line, '-inf', before) or redis.call('ZCARD', line))
  end
  return count
end

local function cost_of(q, key)
  local weight = q.weights and redis.call('HGET', keys.of_queue('weights', q.name), key)
  return weight and 1 / tonumber(weight) or 1
end

-- The turns that other keys have before it is the task's.
local function ahead_in_turns(q, t)
  local own = t.fairness_key or ''
  local rank, set = count_key(q, own, '(' .. t.score), keys.of_queue('shares', q.name)
  local score = redis.call('ZSCORE', set, own) or redis.call('ZSCORE', keys.of_queue('owed', q.name), own)
  local turn = math.max(tonumber(score or 0), q.vtime) + rank * cost_of(q, own)
  if redis.call('ZCOUNT', set, '-inf', turn) > MOST_KEYS then return -1 end
  local others = redis.call('ZRANGEBYSCORE', set, '-inf', open_shares().precise(turn), 'WITHSCORES')
  for i = 1, #others, 2 do
    local start = math.max(tonumber(others[i + 1]), q.vtime)
    if others[i] ~= own and start <= turn then
      local cost = cost_of(q, others[i])
      local turns = math.ceil((turn - start) / cost)
      -- At the same moment the first name has the turn.
      if start + turns * cost == turn and others[i] < own then turns = turns + 1 end
      rank = rank + math.min(turns, count_key(q, others[i]))
    end
  end
  return rank
end

-- Ready tasks that go before the task; -1 for one that is not ready, or when too many keys are.
function standing.ahead(q, t)
  local own = t.class or '0'
  local rank = redis.call('ZRANK', keys.line(q.name, own, t.fairness_key or ''), t.id)
  if not rank then return -1 end
  if q.fair then return ahead_in_turns(q, t) end
  -- Those of its own class by rank; those of other classes whose head goes first, by their scores.
  local before = '(' .. t.score
  for _, class in ipairs(redis.call('ZRANGEBYSCORE', keys.heads(q.name), '-inf', before)) do
    if class ~= own then rank = rank + redis.call('ZCOUNT', keys.ready(q.name, class), '-inf', before) end
  end
  return rank
end

-- The scopes of a task that have limits.
local function scopes_of(q, t)
  local limits, all, name = open_limits(), {}, open_limits().type_of(q, t.class or '0')
  if limits.of(q).q then all[1] = 'q' end
  if limits.of(q).k and t.fairness_key then all[#all + 1] = 'k' .. t.fairness_key end
  if name then all[#all + 1] = 't' .. name end
  return all
end

-- The limits that hold the task, by their names in the settings, and when a rate lets it go, or 0.
function standing.limits(q, t)
  local held = {}
  if not q.limited or t.state ~= 'queued' then return held end
  local limits = open_limits()
  for _, scope in ipairs(scopes_of(q, t)) do
    local room, places = limits.room(q, scope)
    if room <= 0 then
      local word, letter = places <= 0 and 'running' or 'rate', string.sub(scope, 1, 1)
      if letter == 'k' then word = word .. '_per_key' end
      if letter == 't' then word = 'types.' .. string.sub(scope, 2) .. '.' .. word end
      held[#held + 1] = word
      held[#held + 1] = places <= 0 and 0 or limits.opens_at(q, scope) - partition.lease_now + partition.now
    end
  end
  return held
end
