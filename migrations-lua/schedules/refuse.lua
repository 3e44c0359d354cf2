#!lua flags=allow-oom
-- refuse: the queue took no more tasks when a schedule's task was brought. Said again it changes nothing.
-- KEYS[1]  partition prefix
-- ARGV     header, schedule, the task's id
-- Returns  {'ok'}
-- Publishes nothing
--@include partition

local key, id = keys.schedule(take()), take()
if redis.call('HGET', key, 'last_task') == id then
  redis.call('HDEL', key, 'last_task')
  redis.call('HSET', key, 'last_outcome', 'refused')
end
return { 'ok' }
