#!lua
-- retry: runs a finished task again: a new run, the history kept.
-- Transition: succeeded | failed | cancelled | expired -> queued.
-- KEYS[1]  partition prefix
-- ARGV     header, id
-- Returns  {'ok', {'done', state, task}}, {'ok', {'invalid_state', state}}, {'ok', {'not_found'}},
--          {'ok', {'duplicate', id of the task that has its unique key by now}}
-- Publishes ready
--@include constants header keys partition lane sets signal queue task uniqueness attempts backoff retention lifecycle

local t = task.read(take())
if not t then return { 'ok', { 'not_found' } } end
if not t.finished then return { 'ok', { 'invalid_state', t.state } } end
local holder = t.unique and uniqueness.holder(t.queue, t.unique)
if holder and holder ~= t.id then return { 'ok', { 'duplicate', holder } } end

for _, key in ipairs(task.keys(t)) do redis.call('PERSIST', key) end
if t.unique and not holder then uniqueness.hold(t.queue, t.unique, t.id) end
-- How the attempt ended would be lost with the state that says so.
if t.state == 'succeeded' then task.write(t, 'settled', 'succeeded', 'ended', t.finished) end
retention.finish(t)
task.erase_document(t, 'r')
-- The expiry was for the first start; a run asked for by hand does not expire.
task.erase(t, 'finished', 'reason', 'failures', 'losses', 'cancel', 'revoke', 'expires', 'bytes')
lifecycle.to_queued(t, false, 'run', tonumber(t.run or 1) + 1)
lifecycle.flush()
return { 'ok', { 'done', t.state, task.whole(t) } }
