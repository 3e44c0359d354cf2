-- What stands at a limit: out of the way of the others, and found again when there is room.
--@needs limit_rooms
local function limit_parking(limits)
  -- A scope is at its limit: whoever frees it, or the sweep at that moment, looks here.
  function limits.park(q, scope)
    local _, places = limits.room(q, scope)
    local at = places > 0 and limits.opens_at(q, scope) or '+inf'
    redis.call('ZADD', keys.parked(q.name), text(at), scope)
    if at ~= '+inf' then
      redis.call('ZADD', keys.openings, 'LT', text(at), q.name)
      signal.due(at)
    end
  end

  -- Classes of types at their limits leave the heads.
  function limits.close(q, classes)
    redis.call('ZREM', keys.heads(q.name), unpack(classes))
    for _, class in ipairs(classes) do
      local scope = 't' .. limits.type_of(q, class)
      if not limits.of(q).taken[scope] then limits.park(q, scope) end
    end
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

  -- A task of the scope has ended.
  function limits.free(q, scope)
    if redis.call('ZREM', keys.parked(q.name), scope) == 1 then limits.reopen(q, scope) end
  end
end
