#!lua flags=allow-oom
-- ended: whom tasks of this partition that have ended are to tell; those who were told are forgotten first.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, most dependents to answer with, number of those told, each: parent, member; then the
--          parents: id, number of the run that ended
-- Returns  {'ok', parent, member ...}; a member is the id of a child, a space, the run of it that asked
-- Publishes nothing
--@include partition

local most = tonumber(take())
for _ = 1, tonumber(take()) do redis.call('ZREM', keys.dependents(take()), take()) end
local replies = { 'ok' }
while more() and most > 0 do
  local parent, run = take(2)
  -- Those who wait for a later run wait on.
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', keys.dependents(parent), '-inf', run, 'LIMIT', 0, most)) do
    replies[#replies + 1] = parent
    replies[#replies + 1] = member
    most = most - 1
  end
end
return replies
