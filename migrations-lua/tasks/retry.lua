#!lua
-- retry: runs a finished task again: a new run, the history kept.
-- Transition: succeeded | failed | cancelled | expired -> queued.
-- KEYS[1]  partition prefix
-- ARGV     header, id
-- Returns  {'ok', {'done', state, task}}, {'ok', {'invalid_state', state}}, {'ok', {'not_found'}}
-- Publishes ready
--@include constants header keys partition lane sets signal queue outbox job job_end task attempts backoff retention lifecycle rerun

local t = task.read(take())
if not t then return { 'ok', { 'not_found' } } end
if not t.finished then return { 'ok', { 'invalid_state', t.state } } end

rerun(t)
lifecycle.flush()
return { 'ok', { 'done', t.state, task.whole(t) } }
