#!lua flags=allow-oom
-- delete: deletes a finished task, whatever its retention says.
-- Transition: succeeded | failed | cancelled | expired -> none.
-- KEYS[1]  partition prefix
-- ARGV     header, id
-- Returns  {'ok', {'done'}}, {'ok', {'active', state}}, {'ok', {'not_found'}}
-- Publishes nothing
--@include deletion

local t = task.read(take())
if not t then return { 'ok', { 'not_found' } } end
if not t.finished then return { 'ok', { 'active', t.state } } end
sets.remove(keys.state(t.queue, t.state), t.id)
deletion.delete_finished(t)
sets.flush()
return { 'ok', { 'done' } }
