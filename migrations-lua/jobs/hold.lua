#!lua flags=allow-oom
-- hold: a committed graph whose tasks cannot be made yet waits a moment, and lets those behind it go first.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id, ms for which it waits
-- Returns  {'ok'}
-- Publishes due
--@include partition signal

local id, hold_ms = take(), tonumber(take())
redis.call('ZADD', keys.job_plantings, 'XX', text(partition.now + hold_ms), id)
signal.due(partition.now + hold_ms)
partition.save()
signal.publish()
return { 'ok' }
