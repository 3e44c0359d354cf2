#!lua flags=no-writes
-- results: how a job's tasks ended, in the order of their items, as far as they have.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id, index of the first item wanted, most tasks, bytes after which to stop.
--          Mode 'named', for tasks in other partitions than their job's: the bytes, then ids
-- Returns  {'ok', 'not_found'}, or {'ok', 'done', '1' when no more will come | '0', the unfinished task that
--          stands next or '', row ...}, each row {place in the job, id, state, result or error or false,
--          name in its graph or false}, or {'away', id} for one in another partition.
--          Mode 'named': {'ok', row ...}, also {'gone'}, {'unfinished'}, and {'unread'} beyond the bytes
-- Publishes nothing
--@include queue task

local function row_of(t)
  local document = t.state == 'succeeded' and task.document(t, 'r') or t.state == 'failed' and task.document(t, 'e')
  return { t.job, t.id, t.state, document or false, t.name or false }, #(document or '')
end

local function named(left)
  local replies = { 'ok' }
  while more() do
    local t = task.read(take())
    local row, bytes = { not t and 'gone' or not t.finished and 'unfinished' or 'unread' }, 0
    if row[1] == 'unread' and left >= 0 then row, bytes = row_of(t) end
    left = left - bytes
    replies[#replies + 1] = row
  end
  return replies
end
if MODE == 'named' then return named(tonumber(take())) end

local id, from, most, left = take(), tonumber(take()), tonumber(take()), tonumber(take())
if redis.call('EXISTS', keys.job(id)) == 0 then return { 'ok', 'not_found' } end
local replies = { 'ok', 'done', '0', '' }
-- The tasks of a graph are made from the last to the first: none runs before all are there.
if redis.call('EXISTS', keys.job_stage(id)) == 1 then return replies end

-- The first task may begin before the item that is wanted and still hold it.
local first = redis.call('ZREVRANGEBYSCORE', keys.job_tasks(id), text(from), '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
local rows = redis.call('ZRANGEBYSCORE', keys.job_tasks(id), first[2] or '-inf', '+inf', 'WITHSCORES', 'LIMIT', 0, most)
for i = 1, #rows, 2 do
  local member, t = rows[i], task.read(rows[i])
  if t then
    local _, index, count = string.match(t.job, '^(%x+) (%d+) (%d+)$')
    if index + count > from then
      if not t.finished then
        replies[4] = member
        return replies
      end
      local row, bytes = row_of(t)
      replies[#replies + 1], left = row, left - bytes
      if left < 0 then return replies end
    end
  elseif string.sub(member, -3) ~= string.sub(id, -3) and tonumber(rows[i + 1]) >= from then
    replies[#replies + 1] = { 'away', member }
  end
end
if #rows < 2 * most and redis.call('HEXISTS', keys.job(id), 'finished') == 1 then replies[3] = '1' end
return replies
