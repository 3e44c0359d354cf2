-- Turns in a queue with one class: a claim first works out who gets how many, then takes each key's tasks together.
--@needs shares
local function turn_rounds(turns)
  local MOST_LOOKED_AT = 500 -- keys at their limits, in one claim

  -- Gives out up to `most` turns, as far as no key beyond `bound` comes between. A key among the shares has a
  -- task; whether it has more is asked when it would have a second turn.
  local function share_out(q, list, bound, most)
    local at, taken = 0, 0
    while taken < most and list[at + 1] and list[at + 1].score <= bound do
      at = at + 1
      local entry = list[at]
      if not entry.room then
        entry.line, entry.room = keys.line(q.name, '0', entry.key), turns.room(q, entry.key)
      elseif not entry.waiting then
        entry.waiting = redis.call('ZCARD', entry.line)
      end
      if entry.given < math.min(entry.room, entry.waiting or 1) then
        turns.charge(q, entry)
        taken = taken + 1
        if entry.given < entry.room and entry.score <= bound then turns.queue_up(list, entry, at + 1) end
      end
    end
  end

  -- Notes which of these keys have no tasks left, of whose lines so many exist. Mostly all of them do, or none;
  -- else it is asked of one half, which tells it of the other.
  local function note_emptied(entries, lines, first, last, exist)
    if exist == last - first + 1 then return end
    if exist == 0 then
      for i = first, last do entries[i].emptied = true end
      return
    end
    local middle = math.floor((first + last) / 2)
    local half = redis.call('EXISTS', unpack(lines, first, middle))
    note_emptied(entries, lines, first, middle, half)
    note_emptied(entries, lines, middle + 1, last, exist - half)
  end

  local function take_given(q, page, popped)
    local unsure, lines = {}, {}
    for _, entry in ipairs(page) do
      if entry.given > 0 then
        local tasks = redis.call('ZPOPMIN', entry.line, text(entry.given))
        for _, part in ipairs(tasks) do popped[#popped + 1] = part end
        if q.limited then open_limits().take(q, '0', entry.key, #tasks / 2) end
        entry.emptied = entry.given == entry.waiting
        if not entry.waiting then unsure[#unsure + 1], lines[#lines + 1] = entry, entry.line end
      end
    end
    if lines[1] then note_emptied(unsure, lines, 1, #lines, redis.call('EXISTS', unpack(lines))) end
  end

  -- Keys that have had turns move on; those without tasks, and those at their limits, take no more.
  local function settle(q, page)
    local moved, full, gone = {}, {}, {}
    for _, entry in ipairs(page) do
      if entry.room and entry.room <= 0 then
        full[#full + 1] = entry
      elseif entry.emptied then
        gone[#gone + 1] = entry
      elseif entry.given > 0 then
        moved[#moved + 1], moved[#moved + 2] = shares.precise(entry.score), entry.key
      end
    end
    if moved[1] then redis.call('ZADD', keys.of_queue('shares', q.name), unpack(moved)) end
    turns.park(q, full)
    shares.retire(q, gone)
  end

  function turns.take_together(q, most)
    local popped, looked = {}, 0
    while #popped / 2 < most and looked < MOST_LOOKED_AT do
      local list, bound = turns.entries(q, most)
      local page = { unpack(list) }
      looked = looked + #page
      share_out(q, list, bound, most - #popped / 2)
      take_given(q, page, popped)
      settle(q, page)
      if #page < most then break end
    end
    return popped
  end
end
