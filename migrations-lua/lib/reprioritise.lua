-- Another priority: a queued task moves to the place that it would have, had it been queued with it.
--@needs queue task
local function moved(q, score, from, to)
  if q.ordering == 'fifo' then return score end
  local step = SEQUENCE_SPAN
  if q.ordering == 'aging' then step = tonumber(q.aging_step_ms or DEFAULT_AGING_STEP_MS) * 4096 end
  return score + (from - to) * step
end

-- `leaves`: whether the task is about to leave the queued ones. A running one may come back to its place.
local function reprioritise(t, priority, leaves)
  local before = tonumber(t.priority or 0)
  task.write(t, 'priority', priority)
  if t.state ~= 'queued' and t.state ~= 'running' then return end
  local q = queue.load(t.queue)
  local score = moved(q, tonumber(t.score), before, priority)
  task.write(t, 'score', score)
  if t.state ~= 'queued' or leaves then return end
  queue.put(q, t.id, t.class or '0', priority, score, t.fairness_key)
  -- It may have been the first of its line, and not be that any more.
  if q.fair then open_shares().left(q, t.class or '0', t.fairness_key or '') end
end
