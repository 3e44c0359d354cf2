-- How much room limits leave: what a queue's record says of them, less what has been used.
--@needs limit_known
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

  -- A rate that was slower before must not hold for longer than the new one does.
  local function used_up_to(q, scope, limit)
    local now = partition.lease_now
    return math.min(math.max(limits.of(q).used[scope], now), now + limit.burst * limit.interval)
  end

  -- How many tasks more the scope may start now, by its running ones and by its rate.
  function limits.room(q, scope, limit)
    limit = limit or bound_of(q, scope)
    if not limit or scope == 'k' then return math.huge, math.huge end
    local known, places, tokens = limits.know(q, scope, limit), math.huge, math.huge
    if limit.running then
      places = q.recount and scope ~= 'q' and 0 or math.max(0, limit.running - known.busy[scope])
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

  limits.type_of, limits.used_up_to = type_of, used_up_to
end
