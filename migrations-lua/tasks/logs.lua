#!lua flags=no-writes
-- logs: reads lines of a task's log.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id, number of the first line (from 0), most lines
-- Returns  {'ok', 'done', lines ever, number of the first line here, line ...}, each line `ms attempt text`,
--          or {'ok', 'not_found'}
-- Publishes nothing
--@include partition task

local t = task.read(take())
if not t then return { 'ok', 'not_found' } end
local first, most, count = tonumber(take()), tonumber(take()), tonumber(t.logs or 0)
local key = keys.logs(t.id)
local dropped = count - redis.call('LLEN', key)
if first < dropped then first = dropped end
return { 'ok', 'done', count, first, unpack(redis.call('LRANGE', key, first - dropped, first - dropped + most - 1)) }
