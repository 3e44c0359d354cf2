-- Queues as one script sees them: the record is read once, and written once at the end.
-- Ready tasks stand in one sorted set a class; a queue with more classes than one
-- also keeps the score of each class's first task in its heads.
local queue, loaded, touched = {}, {}, {}
local RATE_WINDOW_MS = 10000

-- The queue's record, or nil when it is not in this partition.
function queue.load(name)
  local q = loaded[name]
  if q == nil then
    local record = redis.call('HMGET', keys.queue(name), 'created', 'sequence', 'classes', 'paused',
      'ordering', 'aging_step_ms', 'submitted', 'marked_at', 'marked', 'marked_before_at', 'marked_before')
    q = record[1] and {
      name = name, sequence = tonumber(record[2] or 0), classes = tonumber(record[3] or 0),
      paused = record[4] == '1', ordering = record[5] or 'strict', step = tonumber(record[6] or 0),
      submitted = tonumber(record[7] or 0), marks = { record[8], record[9], record[10], record[11] },
      numbers = {},
    } or false
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
    -- One place a millisecond of head start; 4,096 places keep the order inside it.
    return (partition.now - priority * q.step) * 4096 + q.sequence % 4096
  end
  return (PRIORITY_MAX - priority) * SEQUENCE_SPAN + q.sequence
end

-- Puts a task among the ready ones at the given place, or at a new one.
function queue.put(q, id, class, priority, score)
  score = score or new_score(q, priority)
  sets.add(keys.ready(q.name, class), score, id)
  queue.touch(q, class)
  signal.ready(q.name, 1)
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
  local at = tonumber(q.marks[1] or 0)
  if partition.now - at < RATE_WINDOW_MS then return end
  return 'marked_at', partition.now, 'marked', q.submitted,
    'marked_before_at', q.marks[1] or partition.now, 'marked_before', q.marks[2] or 0
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
      redis.call('HSET', keys.queue(name), 'sequence', q.sequence, 'classes', q.classes,
        'submitted', q.submitted, marks(q))
    end
  end
end
queue.write_head = write_head
