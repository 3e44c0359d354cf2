#!lua flags=allow-oom
-- remove: forgets a node; its session ends and its tasks go back.
-- Transition: session live -> ended.
-- KEYS[1]  partition prefix
-- ARGV     header, node
-- Returns  {'ok', 'removed', session that ended or '', whether it had an endpoint ('1' | '0')} or {'ok', 'unknown'}
-- Publishes ended, endpoint
--@include session endpoint

local node = take()
local current, url = unpack(redis.call('HMGET', keys.node(node), 'session', 'endpoint'))
if redis.call('DEL', keys.node(node)) == 0 then return { 'ok', 'unknown' } end
redis.call('ZREM', keys.nodes, node)
redis.call('ZREM', keys.drains, node)
if current then session.finish(node, current) end
if url then endpoint.clear('node', node) end
signal.publish()
return { 'ok', 'removed', current or '', url and '1' or '0' }
