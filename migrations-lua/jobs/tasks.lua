#!lua flags=no-writes
-- tasks: a page of a job's tasks in the order of their items, without their documents.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id, index behind which the page begins, most tasks, the state they are in or '' for any,
--          most tasks to look at
-- Returns  {'ok', index to go on behind or '' at the end, {id of a task, field, value ...} ...}
-- Publishes nothing
--@include partition

local id, after, most, wanted, looks = take(), take(), tonumber(take()), take(), tonumber(take())
local FIELDS = { 'type', 'state', 'priority', 'job', 'latest', 'created', 'finished', 'reason' }
local replies = { 'ok', '' }
local rows = redis.call('ZRANGEBYSCORE', keys.job_tasks(id), '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, looks)
for i = 1, #rows, 2 do
  local values = redis.call('HMGET', keys.task(rows[i]), unpack(FIELDS))
  if values[2] and (wanted == '' or values[2] == wanted) then
    local shown = { rows[i] }
    for n, name in ipairs(FIELDS) do
      if values[n] then
        shown[#shown + 1] = name
        shown[#shown + 1] = values[n]
      end
    end
    replies[#replies + 1] = shown
  end
  if #replies == most + 2 then
    replies[2] = rows[i + 1]
    return replies
  end
end
if #rows == 2 * looks then replies[2] = rows[#rows] end
return replies
