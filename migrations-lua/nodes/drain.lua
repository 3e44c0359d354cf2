#!lua flags=allow-oom
-- drain: the node gets no more tasks, or (mode 'resume') gets tasks again, also out of a quarantine, which
-- is then judged anew. It outlives sessions.
-- KEYS[1]  partition prefix
-- ARGV     header, node, ms after which what it still holds goes back or '', reason or ''
-- Returns  {'ok', 'done'} or {'ok', 'unknown'}
-- Publishes drain, due
--@include partition signal

local node, deadline, reason = take(), tonumber(take()), take()
local record = keys.node(node)
if redis.call('EXISTS', record) == 0 then return { 'ok', 'unknown' } end

redis.call('HDEL', record, 'drain_deadline', 'drain_reason')
redis.call('ZREM', keys.drains, node)
if MODE == 'resume' then
  redis.call('HDEL', record, 'drain')
  if redis.call('HDEL', record, 'quarantine', 'quarantine_reason') > 0 then redis.call('HDEL', record, 'work') end
else
  redis.call('HSETNX', record, 'drain', text(partition.now))
  if reason ~= '' then redis.call('HSET', record, 'drain_reason', reason) end
  if deadline then
    redis.call('HSET', record, 'drain_deadline', text(partition.now + deadline))
    redis.call('ZADD', keys.drains, text(partition.lease_now + deadline), node)
    signal.due(partition.now + deadline)
  end
end
partition.save()
signal.line('drain ' .. node)
signal.publish()
return { 'ok', 'done' }
