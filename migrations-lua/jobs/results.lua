#!lua flags=no-writes
-- results: how a job's tasks ended, in the order of their items, as far as they have.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id, index of the first item wanted, most tasks to look at, bytes after which to stop.
--          Mode 'named', for tasks in other partitions than their job's: the bytes, then ids
-- Returns  {'ok', 'not_found'}, or {'ok', 'done', what stands behind the page, row ...}: an index when there is more
--          to read from there, the id of the task that has not ended, 'unmade' or 'end'. A row is five values: id,
--          state, place in the job, result or error or false, name in its graph or false; for the state of one in
--          another partition stands 'away'.
--          Mode 'named': {'ok', row ...}, also with 'gone', 'unfinished', and 'unread' beyond the bytes
-- Publishes nothing
--@include partition task

-- Only what a row tells is read, and rows are not tables: this is done for each of millions.
local replies, filled, left = { 'ok' }, 1, 0
local function append(id, state, place, document, name)
  replies[filled + 1], replies[filled + 2], replies[filled + 3] = id, state, place
  replies[filled + 4], replies[filled + 5] = document, name
  filled = filled + 5
end

local IS_FINAL = { succeeded = true, failed = true, cancelled = true, expired = true }
local function error_of(id, long)
  return task.document({ id = id, long = long, error = redis.call('HGET', keys.task(id), 'error') }, 'e')
end

-- Appends what became of a task that stands at `from` or behind, or still holds that item. What it is when nothing became
-- of it: 'gone', 'unfinished'.
local function append_end(id, from)
  local t = redis.call('HMGET', keys.task(id), 'state', 'job', 'result', 'long', 'name')
  local state, place, document = t[1], t[2], false
  if not state then return 'gone' end
  if from then
    local index, count = string.match(place, ' (%d+) (%d+)$')
    if index + count <= from then return 'before' end
  end
  if not IS_FINAL[state] then return 'unfinished' end
  if state == 'succeeded' then
    document = t[3] or task.document({ id = id, long = t[4] }, 'r') or false
  elseif state == 'failed' then
    document = error_of(id, t[4]) or false
  end
  if document then left = left - #document end
  append(id, state, place, document, t[5])
end

if MODE == 'named' then
  left = tonumber(take())
  while more() do
    local id = take()
    local instead = left < 0 and 'unread' or append_end(id)
    if instead then append(id, instead, '', false, false) end
  end
  return replies
end

local id, from, most = take(), tonumber(take()), tonumber(take())
left = tonumber(take())
if redis.call('EXISTS', keys.job(id)) == 0 then return { 'ok', 'not_found' } end
replies[2], replies[3], filled = 'done', 'unmade', 3
-- The tasks of a graph are made from the last to the first: none runs before all are there.
if redis.call('EXISTS', keys.job_stage(id)) == 1 then return replies end

-- The first task may begin before the item that is wanted and still hold it.
local first = redis.call('ZREVRANGEBYSCORE', keys.job_tasks(id), text(from), '-inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
local members = redis.call('ZRANGEBYSCORE', keys.job_tasks(id), first or '-inf', '+inf', 'LIMIT', 0, most)
local home, is_before = string.sub(id, -3), first and tonumber(first) < from
for i = 1, #members do
  local member = members[i]
  if string.sub(member, -3) == home then
    local instead = append_end(member, i == 1 and is_before and from)
    if instead == 'unfinished' then
      replies[3] = member
      return replies
    end
    if left < 0 and i < #members then
      replies[3] = text(tonumber(redis.call('ZSCORE', keys.job_tasks(id), members[i + 1])))
      return replies
    end
  elseif not (i == 1 and is_before) then
    append(member, 'away', '', false, false)
  end
end
if #members == most then
  replies[3] = text(redis.call('ZSCORE', keys.job_tasks(id), members[most]) + 1)
elseif redis.call('HEXISTS', keys.job(id), 'finished') == 1 then
  replies[3] = 'end'
end
return replies
