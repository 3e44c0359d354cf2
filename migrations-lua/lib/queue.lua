-- Queues as one script sees them: the record is read once, and written once at the end.
-- Ready tasks stand in one sorted set a class; a queue with more classes than one
-- also keeps the score of each class's first task in its heads.
--@needs partition sets signal
local queue, loaded, touched = {}, {}, {}
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
      q.version = tonumber(q.generation or 0) * 10 * MAX_CLASSES + q.classes
    end
    loaded[name] = q
  end
  return q or nil
end

-- Marks a class's ready set as changed, so that its head is looked up again.
function queue.touch(q, class)
  local classes = touched[q.name]
  if not classes then
    classes = {}
    touched[q.name] = classes
  end
  classes[class] = q
end

-- The order of a task that takes a new place: smaller is sooner, whole numbers below 2^53.
local function new_score(q, priority)
  q.sequence, q.dirty = q.sequence + 1, true
  if q.ordering == 'fifo' then return q.sequence end
  if q.ordering == 'aging' then
    -- A tick is the 4,096th part of a millisecond, and each task has one of its own, so that the order
    -- inside a millisecond, or after a step back of the clock, is that of the submits.
    q.tick = math.max(partition.now * 4096, tonumber(q.tick or 0) + 1)
    return q.tick - priority * tonumber(q.aging_step_ms or DEFAULT_AGING_STEP_MS) * 4096
  end
  return (PRIORITY_MAX - priority) * SEQUENCE_SPAN + q.sequence
end

-- Puts a task among the ready ones at the given place, or at a new one.
function queue.put(q, id, class, priority, score)
  score = score or new_score(q, priority)
  sets.add(keys.ready(q.name, class), score, id)
  queue.touch(q, class)
  signal.ready(q.name, 1, class)
  return score
end

function queue.take_out(q, id, class)
  sets.remove(keys.ready(q.name, class), id)
  queue.touch(q, class)
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
  local first = redis.call('ZRANGE', keys.ready(q.name, class), 0, 0, 'WITHSCORES')
  if first[1] then
    redis.call('ZADD', keys.heads(q.name), first[2], class)
  else
    redis.call('ZREM', keys.heads(q.name), class)
  end
end

-- Writes what changed. Call after sets.flush(): heads are read from the sets.
function queue.flush()
  for _, classes in pairs(touched) do
    for class, q in pairs(classes) do
      if q.classes > 1 then write_head(q, class) end
    end
  end
  for name, q in pairs(loaded) do
    if q and q.dirty then
      redis.call('HSET', keys.queue(name), 'sequence', text(q.sequence), 'classes', text(q.classes),
        'submitted', text(q.submitted), marks(q))
      if q.tick then redis.call('HSET', keys.queue(name), 'tick', text(q.tick)) end
    end
  end
end
queue.write_head = write_head
