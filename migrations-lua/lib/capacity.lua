-- How many unfinished tasks a queue may have: max_tasks.
local capacity = {}
local UNFINISHED = { 'queued', 'scheduled', 'blocked', 'running', 'retry_wait' }

-- Takes a place in the item's queue, or answers why there is none.
function capacity.refusal(item)
  local q = queue.load(item.queue)
  -- A child that the outbox brings was promised when its parent was completed.
  if not q.max_tasks or item.origin == 'outbox' then return nil end
  if not q.room then
    q.room = tonumber(q.max_tasks)
    for _, state in ipairs(UNFINISHED) do q.room = q.room - redis.call('ZCARD', keys.state(q.name, state)) end
  end
  if q.room <= 0 then return { 'queue_full' } end
  q.room = q.room - 1
  return nil
end
