-- Limits: how many tasks of a queue run at once and start in a time. Opened by the first queue that has
-- any; others do not pay. What a limit counts is its scope: 'q' the queue, 'kKEY' a key, 'tTYPE' a type.
--   busy    running tasks of keys and types; one that is counted has the number of the counting, `limited`
--   rates   by the moment, lease clock, up to which a scope has used its rate: GCRA
--   parked  scopes at a limit by the moment they are free again, +inf for as soon as a task ends
--@needs limit_counts
local limits
local function open_limits()
  if limits then return limits end
  limits = {}
  open_shares()
  limit_known(limits)
  limit_rooms(limits)
  limit_parking(limits)
  limit_counts(limits)

  -- How many of `most` tasks the queue may give in all.
  function limits.most(q, most)
    local scopes = { 'q', q.classes <= 1 and limits.type_of(q, '0') and 't' .. limits.type_of(q, '0') or nil }
    for _, scope in ipairs(scopes) do
      local left = limits.room(q, scope)
      if left <= 0 then limits.park(q, { scope }) end
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
    local known, full = limits.of(q), {}
    limits.write_counts(q)
    limits.free(q, known.freed)
    for scope, limit in pairs(known.taken) do
      if limits.room(q, scope, limit) <= 0 then full[#full + 1] = scope end
    end
    limits.park(q, full)
    if not q.reopened then return end
    local waiting = redis.call('ZCARD', keys.state(q.name, 'queued'))
    if waiting > 0 then signal.ready(q.name, math.min(waiting, q.reopened)) end
  end

  return limits
end
