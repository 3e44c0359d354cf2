#!lua flags=allow-oom
-- cancel: ends a task that waits, or tells a running one to stop.
-- Transition: scheduled | blocked | queued | retry_wait -> cancelled; running stays, flagged,
--             and its lease is revoked after the grace.
-- KEYS[1]  partition prefix
-- ARGV     header, id, grace ms
-- Returns  {'ok', {'done', state, task}}, {'ok', {'already_finished', state}}, {'ok', {'not_found'}}
-- Publishes final, outbox, cancel
--@include lane cancellation

local id, grace = take(), tonumber(take())
local t = task.read(id)
if not t then return { 'ok', { 'not_found' } } end
if t.state == 'succeeded' or t.state == 'failed' or t.state == 'expired' then
  return { 'ok', { 'already_finished', t.state } }
end

if t.state ~= 'cancelled' then cancel_task(t, grace) end
lifecycle.flush()
return { 'ok', { 'done', t.state, task.whole(t) } }
