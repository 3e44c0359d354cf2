#!lua flags=allow-oom
-- settle: rows of the outbox have been delivered. The empty stream stays: it knows the last row's id,
-- so that ids are not given twice when the clock steps back.
-- KEYS[1]  partition prefix
-- ARGV     header, then row ids
-- Returns  {'ok'}
-- Publishes nothing
--@include partition

while more() do redis.call('XDEL', keys.outbox, take()) end
return { 'ok' }
