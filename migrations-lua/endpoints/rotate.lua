#!lua
-- rotate: an endpoint gets another secret. The one before signs as well for a while, so that whoever
-- receives can change over in between.
-- KEYS[1]  partition prefix
-- ARGV     header, kind, name, secret, ms for which the one before signs too
-- Returns  {'ok', 'done', ms until which the one before signs} or {'ok', 'unknown'}
-- Publishes endpoint
--@include endpoint

local kind, name, secret, both_ms = take(), take(), take(), tonumber(take())
local key = keys.endpoint(kind, name)
local before = redis.call('HGET', key, 'secret')
if not before then return { 'ok', 'unknown' } end
local ends = partition.now + both_ms
redis.call('HSET', key, 'secret', secret, 'secret_before', before, 'secret_until', text(ends))
endpoint.tell(kind, name)
signal.publish()
return { 'ok', 'done', text(ends) }
