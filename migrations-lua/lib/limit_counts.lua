-- What limits count: tasks that are taken, run and end, by scope. Gathered during a script, and written by one
-- command a kind at its end.
--@needs limit_parking
local function limit_counts(limits)
  local function count(known, scope, limit, change)
    if not limit.running then return end
    if known.busy[scope] then known.busy[scope] = known.busy[scope] + change end
    if scope ~= 'q' then known.counted[scope] = (known.counted[scope] or 0) + change end
  end

  local function use(q, scope, limit, number)
    local known = limits.know(q, scope, limit)
    known.taken[scope] = limit
    count(known, scope, limit, number)
    if limit.interval then known.used[scope] = limits.used_up_to(q, scope, limit) + number * limit.interval end
    if number < 0 then limits.reopen(q, scope) end
  end

  -- Tasks are taken out of the ready ones and counted as running; a negative number gives back, and opens
  -- what they held closed.
  function limits.take(q, class, key, number)
    local known, name = limits.of(q), limits.type_of(q, class)
    if known.q then use(q, 'q', known.q, number) end
    if known.k and key and key ~= '' then use(q, 'k' .. key, known.k, number) end
    if name then use(q, 't' .. name, known.types[name], number) end
  end

  local function count_running(q, t, change)
    local known, name = limits.of(q), limits.type_of(q, t.class or '0')
    local function count_one(scope, limit)
      if not limit or not limit.running then return end
      count(known, scope, limit, change)
      if change < 0 then known.freed[scope] = true end
    end
    if t.fairness_key then count_one('k' .. t.fairness_key, known.k) end
    if name then count_one('t' .. name, known.types[name]) end
  end

  -- Counts a running task that began before the counting did.
  function limits.count_in(q, t)
    if not q.counts or t.counted == q.limited then return end
    redis.call('HSET', keys.task(t.id), 'counted', q.limited)
    count_running(q, t, 1)
  end

  -- A running task leaves its state.
  function limits.leave(q, t)
    local known = limits.of(q)
    if known.q and known.q.running then known.freed.q = true end
    if q.counts and t.counted == q.limited then count_running(q, t, -1) end
  end

  local function write_busy(q, known)
    local scopes, full, idle = {}, {}, {}
    for scope, change in pairs(known.counted) do
      if change ~= 0 then scopes[#scopes + 1] = scope end
    end
    limits.know_busy(q, scopes)
    for _, scope in ipairs(scopes) do
      local running = known.busy[scope]
      if running > 0 then
        full[#full + 1], full[#full + 2] = scope, text(running)
      else
        idle[#idle + 1] = scope
      end
    end
    known.counted = {}
    if full[1] then redis.call('HSET', keys.of_queue('busy', q.name), unpack(full)) end
    if idle[1] then redis.call('HDEL', keys.of_queue('busy', q.name), unpack(idle)) end
  end

  -- Writes what was counted.
  function limits.write_counts(q)
    local known, rates = limits.of(q), {}
    write_busy(q, known)
    for scope, limit in pairs(known.taken) do
      if limit.interval then rates[#rates + 1], rates[#rates + 2] = shares.precise(known.used[scope]), scope end
    end
    if not rates[1] then return end
    redis.call('ZADD', keys.of_queue('rates', q.name), unpack(rates))
    shares.forget(keys.of_queue('rates', q.name), '(' .. text(partition.lease_now), #rates)
  end
end
