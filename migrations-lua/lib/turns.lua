-- How a claim takes tasks where keys take turns: the key with the least virtual time gives its first task.
--@needs turn_rounds turn_classes
local turns
local function open_turns()
  if turns then return turns end
  turns = {}
  open_shares()

  -- The keys whose turn is next, and the time up to which no other key comes between them.
  local function entries(q, count)
    local page, list, names = redis.call('ZRANGE', keys.of_queue('shares', q.name), 0, count - 1, 'WITHSCORES'), {}, {}
    for i = 1, #page, 2 do
      list[#list + 1], names[#names + 1] = { key = page[i], score = tonumber(page[i + 1]), given = 0 }, page[i]
    end
    local weights = names[1] and q.weights and redis.call('HMGET', keys.of_queue('weights', q.name), unpack(names)) or {}
    for i, weight in ipairs(weights) do list[i].cost = weight and 1 / tonumber(weight) end
    if names[1] and q.fair_by == 'run_time' then open_charges().estimate(q, list, names) end
    if names[1] and q.limited then open_limits().know_keys(q, names) end
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

  -- Keys that stand at their limits take no turns until these let them go.
  local function park(q, full)
    if not full[1] then return end
    local scopes = {}
    for i, entry in ipairs(full) do scopes[i] = 'k' .. entry.key end
    open_limits().park(q, scopes)
    shares.retire(q, full)
  end

  turns.entries, turns.charge, turns.queue_up, turns.room, turns.park = entries, charge, queue_up, room, park
  turn_rounds(turns)
  turn_classes(turns)

  -- Up to `most` tasks: {id, place ...}.
  function turns.pop(q, allowed, most)
    return q.split and turns.take_singly(q, allowed, most) or turns.take_together(q, most)
  end
  return turns
end
