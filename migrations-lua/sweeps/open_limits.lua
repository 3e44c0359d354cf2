#!lua flags=allow-oom
-- open_limits: what a rate has held is let go at its moment; and what follows from other limits goes on.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, most queues, most scopes of each
-- Returns  {'ok', number of queues with more to do now}
-- Publishes ready, due
--@include limit_change

local most, page, left = tonumber(take()), tonumber(take()), 0
for _, name in ipairs(redis.call('ZRANGEBYSCORE', keys.openings, '-inf', partition.lease_now, 'LIMIT', 0, most)) do
  local q = queue.load(name)
  redis.call('ZREM', keys.openings, name)
  if q then
    local more = limit_change.settle(q)
    local due = redis.call('ZRANGEBYSCORE', keys.parked(name), '-inf', partition.lease_now, 'LIMIT', 0, page)
    if due[1] then redis.call('ZREM', keys.parked(name), unpack(due)) end
    for _, scope in ipairs(due) do open_limits().reopen(q, scope) end
    local next_at = redis.call('ZRANGE', keys.parked(name), 0, 0, 'WITHSCORES')[2]
    if next_at and next_at ~= 'inf' and not more then
      redis.call('ZADD', keys.openings, next_at, name)
      signal.due(tonumber(next_at))
    end
    if more or #due == page then left = left + 1 end
  end
end
queue.flush()
partition.save()
signal.publish()
return { 'ok', left }
