#!lua flags=no-writes
-- tasks: a page of a job's tasks in the order of their items, without their documents.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id, index behind which the page begins, most tasks, the state they are in or '' for any,
--          most tasks to look at. Mode 'named', for tasks in other partitions than their job's: ids
-- Returns  {'ok', index to go on behind or '' at the end, {id of a task, field, value ...} ...}; one in another
--          partition comes without fields, whatever its state
-- Publishes nothing
--@include partition

local FIELDS = { 'type', 'state', 'priority', 'job', 'latest', 'created', 'finished', 'reason', 'queue', 'name' }
local replies = { 'ok', '' }

-- What is told of a task, or nil for one that is in another state, or not there.
local function shown(member, wanted)
  local values = redis.call('HMGET', keys.task(member), unpack(FIELDS))
  if not values[2] or wanted ~= '' and values[2] ~= wanted then return nil end
  local pairs_of = { member }
  for n, name in ipairs(FIELDS) do
    if values[n] then
      pairs_of[#pairs_of + 1] = name
      pairs_of[#pairs_of + 1] = values[n]
    end
  end
  return pairs_of
end

if MODE == 'named' then
  while more() do replies[#replies + 1] = shown(take(), '') end
  return replies
end

local id, after, most, wanted, looks = take(), take(), tonumber(take()), take(), tonumber(take())
local rows = redis.call('ZRANGEBYSCORE', keys.job_tasks(id), '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, looks)
for i = 1, #rows, 2 do
  local is_away = string.sub(rows[i], -3) ~= string.sub(id, -3)
  replies[#replies + 1] = is_away and { rows[i] } or shown(rows[i], wanted)
  if #replies == most + 2 then
    replies[2] = rows[i + 1]
    return replies
  end
end
if #rows == 2 * looks then replies[2] = rows[#rows] end
return replies
