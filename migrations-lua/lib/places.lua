-- The places of ready tasks in the order of their queue.
--@needs partition

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
