#!lua flags=no-writes
-- find: whether a queue is here and, at its home, where it belongs if it is not.
-- KEYS[1]  partition prefix
-- ARGV     header, queue
-- Returns  {'ok', 'here'}, {'ok', 'elsewhere', partition, seat} or {'ok', 'unplaced'}
-- Publishes nothing
--@include placing

local name = take()
if redis.call('HEXISTS', keys.queue(name), 'created') == 1 then return { 'ok', 'here' } end
return placing.refusal(name, '') or { 'ok', 'unplaced' }
