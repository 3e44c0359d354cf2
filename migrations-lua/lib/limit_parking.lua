-- What stands at a limit: out of the way of the others, and found again when there is room.
--@needs limit_rooms
local function limit_parking(limits)
  -- Scopes are at their limits: whoever frees one, or the sweep at that moment, looks here.
  function limits.park(q, scopes)
    local rows, soonest = {}, math.huge
    for i, scope in ipairs(scopes) do
      local _, places = limits.room(q, scope)
      local at = places > 0 and limits.opens_at(q, scope) or math.huge
      rows[2 * i - 1], rows[2 * i] = at < math.huge and text(at) or '+inf', scope
      soonest = math.min(soonest, at)
    end
    if rows[1] then redis.call('ZADD', keys.of_queue('parked', q.name), unpack(rows)) end
    if soonest < math.huge and redis.call('ZADD', keys.openings, 'LT', 'CH', text(soonest), q.name) == 1 then
      signal.due(soonest)
    end
  end

  -- Classes of types at their limits leave the heads.
  function limits.close(q, classes)
    local full = {}
    for _, class in ipairs(classes) do
      local scope = 't' .. limits.type_of(q, class)
      if not limits.of(q).taken[scope] then full[#full + 1] = scope end
    end
    redis.call('ZREM', keys.heads(q.name), unpack(classes))
    limits.park(q, full)
  end

  -- A parked scope has room again, as far as is known: what it held can be claimed.
  function limits.reopen(q, scope)
    local letter, name = string.sub(scope, 1, 1), string.sub(scope, 2)
    local room = limits.room(q, scope)
    q.reopened = (q.reopened or 0) + (room < math.huge and math.max(room, 1) or 1)
    if letter == 'k' and q.fair then shares.enter(q, name) end
    if letter ~= 't' then return end
    for class, of in string.gmatch(q.typed or '', ' (%d+):(%S+)') do
      if of == name then shares.mark_head(q, class) end
    end
  end

  -- Tasks of these scopes have ended.
  function limits.free(q, freed)
    local scopes, parked = {}, {}
    for scope in pairs(freed) do scopes[#scopes + 1] = scope end
    local moments = scopes[1] and redis.call('ZMSCORE', keys.of_queue('parked', q.name), unpack(scopes)) or {}
    for i, scope in ipairs(scopes) do
      if moments[i] then parked[#parked + 1] = scope end
    end
    if not parked[1] then return end
    redis.call('ZREM', keys.of_queue('parked', q.name), unpack(parked))
    for _, scope in ipairs(parked) do limits.reopen(q, scope) end
  end
end
