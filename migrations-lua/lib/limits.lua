-- Limits: how many tasks of a queue run at once and start in a time. Opened by the first queue that has
-- any; others do not pay. What a limit counts is its scope: 'q' the queue, 'kKEY' a key, 'tTYPE' a type.
--   busy    running tasks of keys and types; one that is counted has the number of the counting, `limited`
--   rates   by the moment, lease clock, up to which a scope has used its rate: GCRA
--   parked  scopes at a limit by the moment they are free again, +inf for as soon as a task ends
--@needs limit_parking
local limits
local function open_limits()
  if limits then return limits end
  limits = {}
  open_shares()
  limit_rooms(limits)
  limit_parking(limits)

  -- Tasks are taken out of the ready ones; a negative count gives back, and opens what they held closed.
  function limits.take(q, class, key, count)
    local known = limits.of(q)
    for _, scope in ipairs(limits.scopes(q, class, key)) do
      local limit = limits.bound_of(q, scope)
      limits.know(q, scope, limit)
      known.busy[scope], known.taken[scope] = known.busy[scope] + count, true
      if limit.interval then known.used[scope] = limits.used_up_to(q, scope, limit) + count * limit.interval end
      if count < 0 then limits.reopen(q, scope) end
    end
  end

  local function count(q, t, change)
    local known = limits.of(q)
    for _, scope in ipairs(limits.scopes(q, t.class or '0', t.fairness_key)) do
      if scope ~= 'q' and limits.bound_of(q, scope).running then
        known.counted[scope] = (known.counted[scope] or 0) + change
        if change < 0 then known.freed[scope] = true end
      end
    end
  end

  -- An attempt has begun, and will be counted until it ends.
  function limits.begin(q, t)
    if not q.counts then return end
    redis.call('HSET', keys.task(t.id), 'counted', q.limited)
    count(q, t, 1)
  end

  -- A running task leaves its state.
  function limits.leave(q, t)
    local known = limits.of(q)
    if known.q and known.q.running then known.freed.q = true end
    if q.counts and t.counted == q.limited then count(q, t, -1) end
  end

  -- Counts a running task that began before the counting did.
  function limits.count_in(q, t) if t.counted ~= q.limited then limits.begin(q, t) end end

  -- How many of `most` tasks the queue may give in all.
  function limits.most(q, most)
    local scopes = { 'q', q.classes <= 1 and limits.type_of(q, '0') and 't' .. limits.type_of(q, '0') or nil }
    for _, scope in ipairs(scopes) do
      local left = limits.room(q, scope)
      if left <= 0 then limits.park(q, scope) end
      most = math.min(most, left)
    end
    return most
  end

  -- A new class may be of a type with limits.
  function limits.learn(q, class, definition)
    local name = string.match(definition, '^{"type":"([^"]+)"')
    if not limits.of(q).types[name] then return end
    q.typed = (q.typed or '') .. ' ' .. class .. ':' .. name
    redis.call('HSET', keys.queue(q.name), 'typed', q.typed)
  end

  -- Call after sets.flush(), and before the shares and heads are written.
  function limits.flush(q)
    local known, rates = limits.of(q), {}
    for scope, change in pairs(known.counted) do
      local left = change ~= 0 and redis.call('HINCRBY', keys.of_queue('busy', q.name), scope, change)
      if left == 0 then redis.call('HDEL', keys.of_queue('busy', q.name), scope) end
    end
    for scope in pairs(known.taken) do
      if limits.bound_of(q, scope).interval then
        rates[#rates + 1], rates[#rates + 2] = shares.precise(known.used[scope]), scope
      end
    end
    if rates[1] then
      redis.call('ZADD', keys.of_queue('rates', q.name), unpack(rates))
      shares.forget(keys.of_queue('rates', q.name), '(' .. text(partition.lease_now), #rates)
    end
    for scope in pairs(known.freed) do limits.free(q, scope) end
    for scope in pairs(known.taken) do
      if limits.room(q, scope) <= 0 then limits.park(q, scope) end
    end
    if not q.reopened then return end
    local waiting = redis.call('ZCARD', keys.state(q.name, 'queued'))
    if waiting > 0 then signal.ready(q.name, math.min(waiting, q.reopened)) end
  end

  return limits
end
