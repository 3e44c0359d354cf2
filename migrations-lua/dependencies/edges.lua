#!lua flags=no-writes
-- edges: whom tasks of this partition depend on, and how those ended that have told them.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, then ids
-- Returns  {'ok', {edges as lib/blocking.lua has them, {parent, state ...}} ...}
-- Publishes nothing
--@include partition

local replies = { 'ok' }
while more() do
  local id = take()
  replies[#replies + 1] = { redis.call('GET', keys.edges(id)) or '', redis.call('HGETALL', keys.answers(id)) }
end
return replies
