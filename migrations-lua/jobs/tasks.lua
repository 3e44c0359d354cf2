#!lua flags=no-writes
-- tasks: a page of a job's tasks in the order of their items, without their documents.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id, index behind which the page begins, most tasks
-- Returns  {'ok', {id of a task, field, value ...} ...}
-- Publishes nothing
--@include partition

local id, after, most = take(), take(), tonumber(take())
local FIELDS = { 'type', 'state', 'priority', 'job', 'latest', 'created', 'finished', 'reason' }
local replies = { 'ok' }
for _, member in ipairs(redis.call('ZRANGEBYSCORE', keys.job_tasks(id), '(' .. after, '+inf', 'LIMIT', 0, most)) do
  local values = redis.call('HMGET', keys.task(member), unpack(FIELDS))
  local shown = { member }
  for i, name in ipairs(FIELDS) do
    if values[i] then
      shown[#shown + 1] = name
      shown[#shown + 1] = values[i]
    end
  end
  if values[2] then replies[#replies + 1] = shown end
end
return replies
