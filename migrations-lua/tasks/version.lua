#!lua flags=no-writes
-- version: reads a task and the version that it has.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id
-- Returns  {'ok', {'done', version, task}} or {'ok', {'not_found'}}
-- Publishes nothing
--@include partition version

local t = task.read(take())
if not t then return { 'ok', { 'not_found' } } end
return { 'ok', { 'done', version.of(t), task.whole(t) } }
