#!lua flags=allow-oom
-- note: how an endpoint fares: its breaker has opened for a while, or closed. Mode 'asked': it asked
-- to be left alone, which is no failure.
-- KEYS[1]  partition prefix
-- ARGV     header, kind, name, ms for which it is open (0 when it closed), failures in a row, what went wrong or ''
-- Returns  {'ok', 'done'} or {'ok', 'unknown'}
-- Publishes endpoint
--@include endpoint

local kind, name, open_ms, failures, error = take(), take(), tonumber(take()), take(), take()
local key = keys.endpoint(kind, name)
if redis.call('EXISTS', key) == 0 then return { 'ok', 'unknown' } end
if open_ms == 0 then
  redis.call('HDEL', key, 'open_until', 'failures', 'error')
  if kind == 'node' then redis.call('HSET', keys.node(name), 'seen', text(partition.now)) end
else
  redis.call('HSET', key, 'open_until', text(partition.now + open_ms), 'failures', failures, 'error', error)
  if MODE ~= 'asked' then redis.call('HINCRBY', key, 'opened', 1) end
end
endpoint.tell(kind, name)
signal.publish()
return { 'ok', 'done' }
