-- How a claim takes tasks where keys take turns: the key with the least virtual time gives its first task.
--@needs turn_classes
local turns
local function open_turns()
  if turns then return turns end
  turns = {}
  open_shares()

  local MOST_LOOKED_AT = 500 -- keys at their limits, in one claim

  -- The keys whose turn is next, and the time up to which no other key comes between them.
  local function entries(q, count)
    local page, list, names = redis.call('ZRANGE', keys.of_queue('shares', q.name), 0, count - 1, 'WITHSCORES'), {}, {}
    for i = 1, #page, 2 do
      list[#list + 1], names[#names + 1] = { key = page[i], score = tonumber(page[i + 1]), given = 0 }, page[i]
    end
    local weights = names[1] and q.weights and redis.call('HMGET', keys.of_queue('weights', q.name), unpack(names)) or {}
    for i, weight in ipairs(weights) do list[i].cost = weight and 1 / tonumber(weight) end
    if names[1] and q.fair_by == 'run_time' then open_charges().estimate(q, list, names) end
    if names[1] and q.limited then open_limits().look_up(q, names) end
    return list, #list < count and math.huge or list[#list].score
  end

  -- The key has had a turn. One that was kept waiting for long does not go ahead of all others for that.
  local function charge(q, entry)
    local start = math.max(entry.score, q.vtime - (entry.behind or 0))
    q.vtime, q.turned = math.max(q.vtime, start), true
    entry.score = start + (entry.cost or 1)
    entry.given = entry.given + 1
  end

  -- Back among those that wait for a turn, behind all of the same time.
  local function queue_up(list, entry, from)
    local at = #list + 1
    while at > from and list[at - 1].score > entry.score do at = at - 1 end
    table.insert(list, at, entry)
  end

  local function room(q, key) return q.limited and open_limits().room(q, 'k' .. key) or math.huge end

  local function park(q, entry)
    open_limits().park(q, 'k' .. entry.key)
    shares.retire(q, entry.key, entry.score)
  end

  -- A queue with one class: first who gets how many turns, then each key's tasks together.
  local function share_out(q, list, bound, most)
    local at, taken = 0, 0
    while taken < most and list[at + 1] and list[at + 1].score <= bound do
      at = at + 1
      local entry = list[at]
      if not entry.left then
        entry.waiting = redis.call('ZCARD', keys.line(q.name, '0', entry.key))
        entry.left = math.min(entry.waiting, room(q, entry.key))
        entry.closed = entry.left <= 0
      end
      if entry.left > 0 then
        charge(q, entry)
        entry.left, taken = entry.left - 1, taken + 1
        if entry.left > 0 then queue_up(list, entry, at + 1) end
      end
    end
  end

  local function take_together(q, most)
    local popped, looked = {}, 0
    while #popped / 2 < most and looked < MOST_LOOKED_AT do
      local list, bound = entries(q, most)
      if not list[1] then break end
      local page = { unpack(list) }
      looked = looked + #page
      share_out(q, list, bound, most - #popped / 2)
      local moved = {}
      for _, entry in ipairs(page) do
        if entry.given > 0 then
          local tasks = redis.call('ZPOPMIN', keys.line(q.name, '0', entry.key), entry.given)
          for _, part in ipairs(tasks) do popped[#popped + 1] = part end
          if q.limited then open_limits().take(q, '0', entry.key, entry.given) end
          moved[#moved + 1], moved[#moved + 2] = shares.precise(entry.score), entry.key
        end
      end
      if moved[1] then redis.call('ZADD', keys.of_queue('shares', q.name), unpack(moved)) end
      for _, entry in ipairs(page) do
        if entry.given == entry.waiting then shares.retire(q, entry.key, entry.score) end
        if entry.closed and entry.waiting > 0 then park(q, entry) end
      end
      if #page < most then break end
    end
    return popped
  end

  turns.entries, turns.charge, turns.queue_up, turns.room, turns.park = entries, charge, queue_up, room, park
  turn_classes(turns)

  -- Up to `most` tasks: {id, place ...}.
  function turns.pop(q, allowed, most)
    return q.split and turns.take_singly(q, allowed, most) or take_together(q, most)
  end
  return turns
end
