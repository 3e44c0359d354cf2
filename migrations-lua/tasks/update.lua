#!lua
-- update: changes a task: priority, run_at and max_attempts until it has finished, tags and metadata ever.
-- Transition: none; with run_at: queued -> scheduled, or scheduled -> queued when that moment has passed. A
--             blocked task stays so and heeds the moment when it is released.
-- KEYS[1]  partition prefix
-- ARGV     header, id, version that it must have or '', then '' for what stays: priority, run_at ms,
--          max_attempts, tags as a JSON list, place of the metadata ('metadata', 'm' for long), metadata
-- Returns  {'ok', {'done', state, task}}, {'ok', {'invalid_state', state}}, {'ok', {'changed'}},
--          {'ok', {'not_found'}}
-- Publishes ready, due
--@include version tags lifecycle reprioritise

local id, wanted, priority, run_at, max_attempts, list, place, metadata = take(8)
local t = task.read(id)
if not t then return { 'ok', { 'not_found' } } end
if wanted ~= '' and wanted ~= version.of(t) then return { 'ok', { 'changed' } } end
if t.finished and (priority ~= '' or max_attempts ~= '')
    or run_at ~= '' and t.state ~= 'queued' and t.state ~= 'scheduled' and t.state ~= 'blocked' then
  return { 'ok', { 'invalid_state', t.state } }
end

local due = tonumber(run_at)
local leaves = due and due > partition.now
if priority ~= '' then reprioritise(t, tonumber(priority), leaves) end
if leaves and t.state ~= 'blocked' then
  lifecycle.to_waiting(t, 'scheduled', due, 'run_at', due)
elseif due then
  task.write(t, 'run_at', due)
  if t.state == 'scheduled' then lifecycle.to_queued(t, false) end
end
if max_attempts ~= '' then task.write(t, 'max_attempts', max_attempts) end
if list ~= '' then
  tags.remove(t.queue, id, t.tags)
  tags.add(t.queue, id, list)
  if list == '[]' then task.erase(t, 'tags') else task.write(t, 'tags', list) end
end
if place ~= '' then
  task.erase_document(t, 'm')
  task.write(t, task.document_field(t, place, metadata))
  local left = t.finished and place == 'm' and redis.call('PTTL', keys.task(id)) or -1
  if left > 0 then redis.call('PEXPIRE', keys.document('metadata', id), left) end
end
-- Two changes may lead back to the same record: the versions still differ.
task.write(t, 'revision', tonumber(t.revision or 0) + 1)
lifecycle.flush()
return { 'ok', { 'done', t.state, task.whole(t) } }
