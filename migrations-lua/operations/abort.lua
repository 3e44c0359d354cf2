#!lua flags=allow-oom
-- abort: the operation ends; what it did stays. A step under way ends first, and is counted.
-- Transition: running | paused -> aborted.
-- KEYS[1]  partition prefix
-- ARGV     header, id
-- Returns  {'ok', 'done', {field, value ...}}, {'ok', 'over', state} or {'ok', 'not_found'}
-- Publishes due, operation
--@include operation

local id = take()
local record = operation.read(id)
if not record then return { 'ok', 'not_found' } end
if record.state == 'succeeded' then return { 'ok', 'over', record.state } end

if record.state ~= 'aborted' then operation.finish(id, 'aborted') end
partition.save()
signal.publish()
return { 'ok', 'done', operation.read(id).flat }
