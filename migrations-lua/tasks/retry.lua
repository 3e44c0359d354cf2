#!lua
-- retry: runs a finished task again: a new run, the history kept.
-- Transition: succeeded | failed | cancelled | expired -> queued; -> blocked for one that has parents which it
--             does not run after as they ended, or has not been told of.
-- KEYS[1]  partition prefix
-- ARGV     header, id
-- Returns  {'ok', {'done', state, task}}, {'ok', {'invalid_state', state}}, {'ok', {'not_found'}},
--          {'ok', {'duplicate', id of the task that has its unique key by now}}
-- Publishes ready, outbox
--@include lane attempts rerun

local t = task.read(take())
if not t then return { 'ok', { 'not_found' } } end
if not t.finished then return { 'ok', { 'invalid_state', t.state } } end
local refusal, holder = rerun.refusal(t)
if refusal then return { 'ok', { refusal, holder } } end

rerun.run(t)
lifecycle.flush()
return { 'ok', { 'done', t.state, task.whole(t) } }
