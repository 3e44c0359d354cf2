-- Charging by run time: in a queue with `fair_by` run_time a turn costs a key the seconds for which the attempt runs. A
-- claim charges what attempts of the key took of late, its pace; the end of the attempt settles the rest. Other queues
-- never open this.
--   paces    key -> seconds       `charged`, of a task: attempt, its cost, the key's virtual time behind it
--@needs shares
local charges
local function open_charges()
  if charges then return charges end
  charges = {}
  -- No attempt is for nothing; of a queue that has seen none, one is thought to take a second.
  local LEAST_S, FIRST_S = 0.001, 1
  local WEIGHT_OF_NEW, MOST_PACES = 0.125, 10000
  -- Costs that a key may lie behind the queue's time: what was charged too much comes back in turns.
  local MOST_BEHIND = 8
  local precise = open_shares().precise

  -- What a turn of these keys costs, as far as can be known before; `entries` as in lib/turns.lua.
  function charges.estimate(q, entries, names)
    local paces = redis.call('HMGET', keys.of_queue('paces', q.name), unpack(names))
    q.charged = q.charged or {}
    for i, entry in ipairs(entries) do
      entry.cost = tonumber(paces[i] or q.pace or FIRST_S) * (entry.cost or 1)
      entry.behind = MOST_BEHIND * entry.cost
      q.charged[entry.key] = entry
    end
  end

  -- What the record of a task that runs is to say its key was charged, or nil.
  function charges.of(q, t, attempt)
    local entry = q.charged[t.fairness_key or '']
    return entry and attempt .. ' ' .. precise(entry.cost) .. ' ' .. precise(entry.score)
  end

  local function move(q, class, key, by, last_known)
    if not redis.call('ZADD', keys.of_queue('shares', q.name), 'XX', 'INCR', precise(by), key) then
      local owed = keys.of_queue('owed', q.name)
      local score = tonumber(redis.call('ZSCORE', owed, key) or last_known) + by
      if score > q.vtime then
        redis.call('ZADD', owed, precise(score), key)
      else
        redis.call('ZREM', owed, key)
      end
    elseif q.split then
      shares.left(q, class, key)
    end
  end

  -- A task that was taken does not run after all.
  function charges.give_back(q, class, key)
    local entry = q.charged and q.charged[key]
    if entry then move(q, class, key, -entry.cost, entry.score) end
  end

  local function learn(q, key, seconds)
    local paces = keys.of_queue('paces', q.name)
    local function mean(known) return known and known + (seconds - known) * WEIGHT_OF_NEW or seconds end
    local known = redis.call('HGET', paces, key)
    if not known and redis.call('HLEN', paces) >= MOST_PACES then redis.call('DEL', paces) end
    redis.call('HSET', paces, key, precise(mean(known)))
    q.pace = mean(q.pace)
    redis.call('HSET', keys.queue(q.name), 'pace', precise(q.pace))
  end

  -- The attempt is over: its key pays what it really took, at most until the end of its lease.
  function charges.settle(q, t)
    local attempt, cost, last_known = string.match(t.charged, '^(%S+) (%S+) (%S+)$')
    if q.fair_by ~= 'run_time' or attempt ~= t.attempt then return end
    local started, lease = string.match(t.latest, '^%S+ %S+ %S+ %S+ (%S+) %S+ (%S+)')
    local left = math.max(0, partition.lease_now - tonumber(lease))
    local seconds = math.max(LEAST_S, (partition.now - left - tonumber(started)) / 1000)
    local key = t.fairness_key or ''
    local weight = q.weights and redis.call('HGET', keys.of_queue('weights', q.name), key) or 1
    move(q, t.class or '0', key, seconds / tonumber(weight) - tonumber(cost), last_known)
    learn(q, key, seconds)
  end
  return charges
end
