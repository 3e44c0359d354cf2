-- What the changes of one script mean for the keys of a queue: which take their place among the shares, and
-- which leave them.
--@needs partition sets signal
local function share_lines(shares)
  local function has_tasks(q, key)
    return q.split and redis.call('EXISTS', keys.line(q.name, '0', key), keys.in_queue('key_heads', q.name, key)) > 0
  end

  -- The place of a line's first task, if it has any, which also stands among the key's heads.
  function shares.settle_head(q, class, key)
    local place = redis.call('ZRANGE', keys.line(q.name, class, key), 0, 0, 'WITHSCORES')[2]
    if not q.split or class == '0' then return place end
    if place then
      redis.call('ZADD', keys.in_queue('key_heads', q.name, key), place, class)
    else
      redis.call('ZREM', keys.in_queue('key_heads', q.name, key), class)
    end
    return place
  end

  -- Brings a line's rows up to date; whether it has tasks.
  local function settle_line(q, class, key, place)
    if not place then
      place = shares.settle_head(q, class, key)
    elseif q.split and class ~= '0' then
      redis.call('ZADD', keys.in_queue('key_heads', q.name, key), 'LT', text(place), class)
    end
    if q.split and not place then redis.call('ZREM', keys.in_queue('class_shares', q.name, class), key) end
    if q.split then shares.mark_head(q, class) end
    return place
  end

  -- Where a key begins that comes, or comes back: at the queue's time, or where it left. The fraction
  -- keeps those that come at one time in their order.
  local function enter_all(q, names)
    if not names[1] then return end
    local owed, rows = redis.call('ZMSCORE', keys.of_queue('owed', q.name), unpack(names)), {}
    for i, key in ipairs(names) do
      q.arrivals = (q.arrivals or q.sequence) + 1
      local start = math.max(tonumber(owed[i] or 0), q.vtime + q.arrivals % 1024 / 1048576)
      rows[2 * i - 1], rows[2 * i] = shares.precise(start), key
    end
    redis.call('ZADD', keys.of_queue('shares', q.name), 'NX', unpack(rows))
  end

  -- Those of these keys that take turns leave.
  local function leave_all(q, names)
    local scores, leaving = names[1] and redis.call('ZMSCORE', keys.of_queue('shares', q.name), unpack(names)) or {}, {}
    for i, key in ipairs(names) do
      if scores[i] then leaving[#leaving + 1] = { key = key, score = tonumber(scores[i]) } end
    end
    shares.retire(q, leaving)
  end

  -- What a class knows of its keys' times.
  local function write_class_shares(q, class, names)
    local rows = redis.call('ZMSCORE', keys.of_queue('shares', q.name), unpack(names))
    for i = #names, 1, -1 do rows[2 * i - 1], rows[2 * i] = rows[i], names[i] end
    redis.call('ZADD', keys.in_queue('class_shares', q.name, class), unpack(rows))
  end

  local function settle_lines(q)
    local entering, leaving, present = {}, {}, {}
    for key, classes in pairs(q.lines) do
      local any = false
      for class, place in pairs(classes) do
        if settle_line(q, class, key, place) then
          any = true
          present[class] = present[class] or {}
          table.insert(present[class], key)
        end
      end
      local list = (any or has_tasks(q, key)) and entering or leaving
      list[#list + 1] = key
    end
    q.lines = nil
    leave_all(q, leaving)
    -- In an order that does not depend on where Lua keeps them.
    table.sort(entering)
    enter_all(q, entering)
    if not q.split then return end
    for class, names in pairs(present) do write_class_shares(q, class, names) end
  end

  -- Call after sets.flush(), and before the heads are written.
  function shares.flush(q)
    if q.classes > 1 and not q.split then
      -- Once in a queue's life: all keys so far have tasks of its first class.
      q.split = '1'
      redis.call('HSET', keys.queue(q.name), 'split', '1')
      redis.call('COPY', keys.of_queue('shares', q.name), keys.in_queue('class_shares', q.name, '0'), 'REPLACE')
      shares.mark_head(q, '0')
    end
    if q.lines then settle_lines(q) end
  end
end
