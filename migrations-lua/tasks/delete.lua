#!lua flags=allow-oom
-- delete: deletes a finished task, whatever its retention says.
-- Transition: succeeded | failed | cancelled | expired -> none.
-- KEYS[1]  partition prefix
-- ARGV     header, id
-- Returns  {'ok', {'done'}}, {'ok', {'active', state}}, {'ok', {'not_found'}}
-- Publishes nothing
--@include constants header keys partition sets signal queue task tags retention deletion

local t = task.read(take())
if not t then return { 'ok', { 'not_found' } } end
if not t.finished then return { 'ok', { 'active', t.state } } end
sets.remove(keys.state(t.queue, t.state), t.id)
retention.finish(t)
-- A row of the outbox may come again for 10 minutes: it must not create the task anew.
deletion.delete(t, t.origin)
sets.flush()
return { 'ok', { 'done' } }
