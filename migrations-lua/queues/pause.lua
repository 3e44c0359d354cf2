#!lua flags=allow-oom
-- pause: the queue gives nothing, or (mode 'resume') gives again. It takes tasks all the while.
-- KEYS[1]  partition prefix
-- ARGV     header, queue
-- Returns  {'ok', 'done'} or {'ok', 'not_found'}
-- Publishes ready
--@include partition signal

local name = take()
if redis.call('EXISTS', keys.queue(name)) == 0 then return { 'ok', 'not_found' } end
if MODE == 'resume' then
  redis.call('HDEL', keys.queue(name), 'paused')
  local count = redis.call('ZCARD', keys.state(name, 'queued'))
  if count > 0 then signal.ready(name, count) end
else
  redis.call('HSET', keys.queue(name), 'paused', '1')
end
signal.publish()
return { 'ok', 'done' }
