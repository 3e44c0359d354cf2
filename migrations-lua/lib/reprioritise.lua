-- Another priority: a task that is queued moves to a new place by it, unless its queue's order knows none.
--@needs queue task
local function reprioritise(t, priority)
  task.write(t, 'priority', priority)
  local q = queue.load(t.queue)
  if q.ordering == 'fifo' then return end
  if t.state == 'queued' then
    local class = t.class or '0'
    queue.take_out(q, t.id, class)
    task.write(t, 'score', queue.put(q, t.id, class, priority))
  elseif t.score then
    -- Lost or released it would go back to the place of its old priority.
    task.erase(t, 'score')
  end
end
