-- Queues as one script sees them: the record is read once, and written once at the end.
-- Ready tasks stand in one sorted set a class; a queue with more classes than one
-- also keeps the score of each class's first task in its heads.
--@needs limits places
local queue, loaded = {}, nil
at_begin(function() loaded = {} end)
local RATE_WINDOW_MS = 10000

-- The queue's record, or nil when it is not in this partition. `version` tells its classes apart from
-- those of a removed queue of the same name.
function queue.load(name)
  local q = loaded[name]
  if q == nil then
    local record = redis.call('HGETALL', keys.queue(name))
    q = record[1] and { name = name, numbers = {} } or false
    for i = 1, #record, 2 do q[record[i]] = record[i + 1] end
    if q then
      q.sequence, q.submitted = tonumber(q.sequence or 0), tonumber(q.submitted or 0)
      q.classes = tonumber(q.classes or 0)
      if q.fair then q.vtime = tonumber(q.vtime or 0) end
      q.version = tonumber(q.generation or 0) * 10 * MAX_CLASSES + q.classes
    end
    loaded[name] = q
  end
  return q or nil
end

-- Marks a class's ready set as changed, so that its head is looked up again.
function queue.touch(q, class)
  q.touched = q.touched or {}
  q.touched[class] = true
end

-- Puts a task among the ready ones at the given place, or at a new one; `key` is its fairness key.
function queue.put(q, id, class, priority, score, key)
  score = score or new_score(q, priority)
  if key or q.fair then
    sets.add(keys.line(q.name, class, key or ''), score, id)
    open_shares().came(q, class, key or '', score)
  else
    sets.add(keys.ready(q.name, class), score, id)
    queue.touch(q, class)
  end
  signal.ready(q.name, 1, class)
  return score
end

function queue.take_out(q, id, class, key)
  if not q.fair then
    sets.remove(keys.ready(q.name, class), id)
    return queue.touch(q, class)
  end
  sets.remove(keys.line(q.name, class, key or ''), id)
  open_shares().left(q, class, key or '')
end

-- Counts a submit, and keeps two marks from which the rate of the last tens of seconds follows.
function queue.count_submit(q)
  q.submitted, q.dirty = q.submitted + 1, true
end

local function marks(q)
  if partition.now - tonumber(q.marked_at or 0) < RATE_WINDOW_MS then return end
  return 'marked_at', partition.now, 'marked', q.submitted,
    'marked_before_at', q.marked_at or partition.now, 'marked_before', q.marked or 0
end

local function write_head(q, class)
  -- Where keys take turns, a class is as far as the first of its keys.
  local set = q.fair and keys.in_queue('class_shares', q.name, class) or keys.ready(q.name, class)
  local first = redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')
  if first[1] then
    redis.call('ZADD', keys.heads(q.name), first[2], class)
  else
    redis.call('ZREM', keys.heads(q.name), class)
  end
end

function queue.write_heads(q)
  if q.classes > 1 then
    for class in pairs(q.touched) do write_head(q, class) end
  end
  q.touched = nil
end

-- Writes what changed. Call after sets.flush(): heads are read from the sets.
function queue.flush()
  for name, q in pairs(loaded) do
    if q and q.limits then open_limits().flush(q) end
    if q and q.fair and (q.lines or q.classes > 1 and not q.split) then open_shares().flush(q) end
    if q and q.touched then queue.write_heads(q) end
    if q and q.turned then redis.call('HSET', keys.queue(name), 'vtime', shares.precise(q.vtime)) end
    if q and q.dirty then
      redis.call('HSET', keys.queue(name), 'sequence', text(q.sequence), 'classes', text(q.classes),
        'submitted', text(q.submitted), marks(q))
      if q.tick then redis.call('HSET', keys.queue(name), 'tick', text(q.tick)) end
    end
  end
end
queue.write_head = write_head
