#!lua flags=allow-oom
-- quarantine: a node fails far more than its peers, and gets no more tasks until it is resumed. It outlives
-- sessions.
-- KEYS[1]  partition prefix
-- ARGV     header, node, reason
-- Returns  {'ok', 'done'}, {'ok', 'known'} when it is quarantined or drains already, {'ok', 'unknown'}
-- Publishes drain
--@include partition signal

local node, reason = take(2)
local record = keys.node(node)
if redis.call('EXISTS', record) == 0 then return { 'ok', 'unknown' } end
if redis.call('HEXISTS', record, 'quarantine') == 1 or redis.call('HEXISTS', record, 'drain') == 1 then
  return { 'ok', 'known' }
end
redis.call('HSET', record, 'quarantine', text(partition.now), 'quarantine_reason', reason)
partition.save()
signal.line('drain ' .. node)
signal.publish()
return { 'ok', 'done' }
