-- What is known of the scopes of a queue's limits: read when it is first asked for, many scopes by one command, and
-- kept up to date by what the script does from then on.
--@needs shares
local function limit_known(limits)
  -- Reads those numbers that are not known yet; `since` is what this script has added to them.
  local function fill(numbers, scopes, since, command, key)
    local unknown = {}
    for _, scope in ipairs(scopes) do
      if not numbers[scope] then unknown[#unknown + 1] = scope end
    end
    local stored = unknown[1] and redis.call(command, key, unpack(unknown))
    for i, scope in ipairs(unknown) do numbers[scope] = tonumber(stored[i] or 0) + (since and since[scope] or 0) end
  end

  -- How many tasks of keys and types run.
  function limits.know_busy(q, scopes)
    local known = limits.of(q)
    fill(known.busy, scopes, known.counted, 'HMGET', keys.of_queue('busy', q.name))
  end

  local function know_all(q, scopes, limit)
    if limit.running then limits.know_busy(q, scopes) end
    if limit.interval then fill(limits.of(q).used, scopes, nil, 'ZMSCORE', keys.of_queue('rates', q.name)) end
  end

  -- All about a scope, as its limit needs it.
  function limits.know(q, scope, limit)
    local known = limits.of(q)
    local counted = not limit.running or known.busy[scope]
    if counted and (not limit.interval or known.used[scope]) then return known end
    if not counted and scope == 'q' then known.busy.q = redis.call('ZCARD', keys.state(q.name, 'running')) end
    know_all(q, { scope }, limit)
    return known
  end

  -- The same about keys that a claim is going to look at.
  function limits.know_keys(q, names)
    local limit, scopes = limits.of(q).k, {}
    if not limit then return end
    for i, key in ipairs(names) do scopes[i] = 'k' .. key end
    know_all(q, scopes, limit)
  end
end
