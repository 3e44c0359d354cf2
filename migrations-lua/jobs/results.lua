#!lua flags=no-writes
-- results: how a job's tasks ended, in the order of their items, as far as they have.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id, index of the first item wanted, most tasks, bytes after which to stop
-- Returns  {'ok', 'not_found'}, or {'ok', 'done', '1' when no more will come | '0', the unfinished task that
--          stands next or '', {place in the job, id, state, result or error or false} ...}
-- Publishes nothing
--@include queue task

local id, from, most, bytes = take(), tonumber(take()), tonumber(take()), tonumber(take())
if redis.call('EXISTS', keys.job(id)) == 0 then return { 'ok', 'not_found' } end

-- The first task may begin before the item that is wanted and still hold it.
local first = redis.call('ZREVRANGEBYSCORE', keys.job_tasks(id), text(from), '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
local rows = redis.call('ZRANGEBYSCORE', keys.job_tasks(id), first[2] or '-inf', '+inf', 'LIMIT', 0, most)
local replies = { 'ok', 'done', '0', '' }
for _, member in ipairs(rows) do
  local t = task.read(member)
  if t then
    local _, index, count = string.match(t.job, '^(%x+) (%d+) (%d+)$')
    if index + count > from then
      if not t.finished then
        replies[4] = member
        return replies
      end
      local document = t.state == 'succeeded' and task.document(t, 'r') or t.state == 'failed' and task.document(t, 'e')
      replies[#replies + 1] = { t.job, member, t.state, document or false }
      bytes = bytes - #(document or '')
      if bytes < 0 then return replies end
    end
  end
end
if #rows < most and redis.call('HEXISTS', keys.job(id), 'finished') == 1 then replies[3] = '1' end
return replies
