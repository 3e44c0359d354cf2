#!lua flags=no-writes
-- get: reads tasks as they are.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, then ids
-- Returns  {'ok', outcome ...}, each {'done', state, task}, {'purged'} or {'not_found'}
-- Publishes nothing
--@include constants header keys partition lane sets signal queue task

local replies = { 'ok' }
while more() do
  local id = take()
  local t = task.read(id)
  replies[#replies + 1] = t and { 'done', t.state, task.whole(t) }
    or redis.call('ZSCORE', keys.gone, id) and { 'purged' } or { 'not_found' }
end
return replies
