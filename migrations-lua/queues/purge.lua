#!lua flags=allow-oom
-- purge: deletes a page of the tasks of a queue that wait. Their ids are known as gone for 10 minutes.
-- Transition: queued | scheduled | blocked | retry_wait -> none.
-- KEYS[1]  partition prefix
-- ARGV     header, queue, most tasks
-- Returns  {'ok', 'done', tasks deleted, tasks that still wait} or {'ok', 'not_found'}
-- Publishes final, for those who wait for the tasks' results
--@include constants header keys partition sets signal queue outbox job job_end task backoff retention lifecycle

local name, most = take(), tonumber(take())
if not queue.load(name) then return { 'ok', 'not_found' } end
local deleted, waiting = 0, 0
for _, state in ipairs({ 'queued', 'scheduled', 'blocked', 'retry_wait' }) do
  local set = keys.state(name, state)
  waiting = waiting + redis.call('ZCARD', set)
  local ids = most > deleted and redis.call('ZRANGE', set, 0, most - deleted - 1) or {}
  for _, id in ipairs(ids) do
    local t = task.read(id)
    if t then lifecycle.to_none(t) else sets.remove(set, id) end
  end
  deleted = deleted + #ids
end
lifecycle.flush()
return { 'ok', 'done', deleted, waiting - deleted }
