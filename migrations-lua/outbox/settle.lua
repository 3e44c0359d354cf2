#!lua flags=allow-oom
-- settle: rows of the outbox have been delivered.
-- KEYS[1]  partition prefix
-- ARGV     header, then row ids
-- Returns  {'ok'}
-- Publishes nothing
--@include constants header keys partition

while more() do redis.call('XDEL', keys.outbox, take()) end
if redis.call('XLEN', keys.outbox) == 0 then redis.call('DEL', keys.outbox) end
return { 'ok' }
