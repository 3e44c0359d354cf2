-- Turns in a queue with several classes: the order holds inside a key, over its classes.
--@needs heads charges
local function turn_classes(turns)
  -- Keys that one claim looks at in vain before it gives up; those of them whose classes are not asked for
  -- before the classes are; and classes read at once.
  local MOST_LOOKED_AT, MOST_BEFORE_RARE, PAGE = 500, 48, 16

  -- The class of the key's first task among those that the claim may take.
  local function first_class(q, key, allowed)
    local best, place
    if heads.permits(q, '0', allowed) then
      place = tonumber(redis.call('ZRANGE', keys.line(q.name, '0', key), 0, 0, 'WITHSCORES')[2])
      best = place and '0'
    end
    local from = 0
    while true do
      local firsts = redis.call('ZRANGE', keys.in_queue('key_heads', q.name, key), from, from + PAGE - 1, 'WITHSCORES')
      for i = 1, #firsts, 2 do
        if place and place <= tonumber(firsts[i + 1]) then return best end
        if heads.permits(q, firsts[i], allowed) then return firsts[i] end
      end
      if #firsts < 2 * PAGE then return best end
      from = from + PAGE
    end
  end

  -- One task of a key; false when it has none for this claim.
  local function take_one(q, entry, allowed, popped)
    local class = first_class(q, entry.key, allowed)
    if not class then return false end
    if turns.room(q, entry.key) <= 0 then
      turns.park(q, { entry })
      return false
    end
    local one = redis.call('ZPOPMIN', keys.line(q.name, class, entry.key))
    if not one[1] then return false end
    popped[#popped + 1], popped[#popped + 2] = one[1], one[2]
    shares.settle_head(q, class, entry.key)
    turns.charge(q, entry)
    redis.call('ZADD', keys.of_queue('shares', q.name), 'XX', shares.precise(entry.score), entry.key)
    shares.left(q, class, entry.key)
    if q.limited then open_limits().take(q, class, entry.key, 1) end
    return true
  end

  -- A claim for classes that the first keys do not have: the first key of the first class.
  local function take_rare(q, allowed, popped)
    local class = heads.first(q, allowed)
    local key = class and redis.call('ZRANGE', keys.in_queue('class_shares', q.name, class), 0, 0)[1]
    if not key then return false end
    local score = redis.call('ZSCORE', keys.of_queue('shares', q.name), key) or redis.call('ZSCORE', keys.of_queue('owed', q.name), key)
    local cost = q.weights and redis.call('HGET', keys.of_queue('weights', q.name), key)
    local entry = { key = key, score = tonumber(score or 0), given = 0, cost = cost and 1 / tonumber(cost) }
    if q.fair_by == 'run_time' then open_charges().estimate(q, { entry }, { key }) end
    take_one(q, entry, allowed, popped)
    shares.left(q, class, key)
    -- The heads are to be right for the next one.
    shares.flush(q)
    queue.write_heads(q)
    return true
  end

  -- A queue with several classes: one task after the other.
  function turns.take_singly(q, allowed, most)
    local popped, count = {}, most
    repeat
      local at, list, bound = 1, turns.entries(q, count)
      while #popped / 2 < most and list[at] and list[at].score <= bound do
        local entry = list[at]
        at = at + 1
        if take_one(q, entry, allowed, popped) then turns.queue_up(list, entry, at) end
      end
      count = count + MOST_BEFORE_RARE
    until bound == math.huge or #popped / 2 >= most or count > most + MOST_BEFORE_RARE
    if q.lines then shares.flush(q) end
    if q.touched then queue.write_heads(q) end
    local looked = 0
    while #popped / 2 < most and looked < MOST_LOOKED_AT and take_rare(q, allowed, popped) do looked = looked + 1 end
    return popped
  end
end
