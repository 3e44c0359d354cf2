#!lua flags=allow-oom
-- remove: forgets a node; its session ends and its tasks go back.
-- Transition: session live -> ended.
-- KEYS[1]  partition prefix
-- ARGV     header, node
-- Returns  {'ok', 'removed', session that ended or ''} or {'ok', 'unknown'}
-- Publishes ended
--@include session

local node = take()
local current = redis.call('HGET', keys.node(node), 'session')
if redis.call('DEL', keys.node(node)) == 0 then return { 'ok', 'unknown' } end
redis.call('ZREM', keys.nodes, node)
redis.call('ZREM', keys.drains, node)
if current then session.finish(node, current) end
signal.publish()
return { 'ok', 'removed', current or '' }
