#!lua flags=allow-oom
-- run_now: queues a task that waits for its moment, as if that had come.
-- Transition: scheduled | retry_wait -> queued, at a new place.
-- KEYS[1]  partition prefix
-- ARGV     header, id
-- Returns  {'ok', {'done', state, task}}, {'ok', {'invalid_state', state}}, {'ok', {'not_found'}}
-- Publishes ready
--@include lifecycle

local t = task.read(take())
if not t then return { 'ok', { 'not_found' } } end
if t.state ~= 'scheduled' and t.state ~= 'retry_wait' then return { 'ok', { 'invalid_state', t.state } } end
lifecycle.to_queued(t, false)
lifecycle.flush()
return { 'ok', { 'done', t.state, task.whole(t) } }
