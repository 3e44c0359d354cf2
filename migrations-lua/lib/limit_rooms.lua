-- How much room limits leave: what a queue's record says of them, and what has been used.
--@needs shares
local function limit_rooms(limits)
  local function bound(running, rate)
    local per_second, burst = string.match(rate or '', '^(%S+)/(%S+)$')
    running = tonumber(running or '')
    if not running and not burst then return nil end
    return { running = running, interval = per_second and 1000 / tonumber(per_second), burst = tonumber(burst or '') }
  end

  function limits.of(q)
    local known = q.limits
    if known then return known end
    known = { q = bound(q.limit_running, q.limit_rate), k = bound(q.limit_running_per_key, q.limit_rate_per_key),
      types = {}, busy = {}, used = {}, taken = {}, counted = {}, freed = {} }
    for name, running, rate in string.gmatch(q.limit_types or '', '(%S+) (%S+) (%S+);') do
      known.types[name] = bound(running, rate)
    end
    q.limits = known
    return known
  end

  local function bound_of(q, scope)
    local letter = string.sub(scope, 1, 1)
    if letter == 't' then return limits.of(q).types[string.sub(scope, 2)] end
    return limits.of(q)[letter]
  end

  -- The limited type that a class is of, or nil. `typed` lists the classes of limited types.
  local function type_of(q, class) return q.typed and string.match(q.typed, ' ' .. class .. ':(%S+)') end

  -- Reads what scopes of one letter have used.
  local function read(q, scopes, limit)
    local known = limits.of(q)
    local counts = limit.running and scopes[1] ~= 'q' and redis.call('HMGET', keys.of_queue('busy', q.name), unpack(scopes))
    local moments = limit.interval and redis.call('ZMSCORE', keys.of_queue('rates', q.name), unpack(scopes))
    for i, scope in ipairs(scopes) do
      known.busy[scope] = tonumber(counts and counts[i] or 0)
      known.used[scope] = tonumber(moments and moments[i] or 0)
    end
    if limit.running and scopes[1] == 'q' then known.busy.q = redis.call('ZCARD', keys.state(q.name, 'running')) end
  end

  local function know(q, scope, limit) if not limits.of(q).busy[scope] then read(q, { scope }, limit) end end

  -- What is known of many keys is read at once.
  function limits.look_up(q, names)
    local known, unknown = limits.of(q), {}
    if not known.k then return end
    for _, key in ipairs(names) do
      if not known.busy['k' .. key] then unknown[#unknown + 1] = 'k' .. key end
    end
    if unknown[1] then read(q, unknown, known.k) end
  end

  -- A rate that was slower before must not hold for longer than the new one does.
  local function used_up_to(q, scope, limit)
    local now = partition.lease_now
    return math.min(math.max(limits.of(q).used[scope], now), now + limit.burst * limit.interval)
  end

  -- How many tasks more the scope may start now, by its running ones and by its rate.
  function limits.room(q, scope)
    local limit = bound_of(q, scope)
    if not limit or scope == 'k' then return math.huge, math.huge end
    know(q, scope, limit)
    local places, tokens = math.huge, math.huge
    if limit.running then
      places = q.recount and scope ~= 'q' and 0 or math.max(0, limit.running - limits.of(q).busy[scope])
    end
    if limit.interval then
      tokens = math.floor((partition.lease_now - used_up_to(q, scope, limit)) / limit.interval + limit.burst + 1e-6)
    end
    return math.min(places, tokens), places
  end

  function limits.class_room(q, class)
    local name = type_of(q, class)
    return name and limits.room(q, 't' .. name) or math.huge
  end

  -- When the rate of a scope lets the next one start.
  function limits.opens_at(q, scope)
    local limit = bound_of(q, scope)
    return math.ceil(used_up_to(q, scope, limit) + (1 - limit.burst) * limit.interval - 1e-6)
  end

  -- The scopes of a task that have limits.
  function limits.scopes(q, class, key)
    local known, all = limits.of(q), {}
    if known.q then all[1] = 'q' end
    if known.k and key and key ~= '' then all[#all + 1] = 'k' .. key end
    local name = type_of(q, class)
    if name then all[#all + 1] = 't' .. name end
    return all
  end

  limits.bound_of, limits.type_of, limits.know, limits.used_up_to = bound_of, type_of, know, used_up_to
end
