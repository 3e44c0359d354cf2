#!lua
-- plant: makes tasks of a graph in this partition, unless they are there or gone. Mode 'cancelled': their job is
-- being cancelled, and they are so from the beginning.
-- Transition: none -> blocked | queued | scheduled | cancelled.
-- KEYS[1]  partition prefix
-- ARGV     header, number of the job's own partition, '' for this one; the job; then tasks, each: those that
--          depend on it, CHILD with a space behind it each; the task as lib/submission.lua takes it
-- Returns  {'ok', 'done'}, or {'ok', 'unplaced'} when a queue is not there
-- Publishes ready, due, classes, final, outbox
--@include submission

local MOST_ARGUMENTS_A_CALL = 2000
local home, id = take(2)

local function has_dependents(item, children)
  if children == '' then return end
  local rows = {}
  for child in string.gmatch(children, '%x+') do
    rows[#rows + 1] = '1'
    rows[#rows + 1] = child .. ' 1'
  end
  for first = 1, #rows, MOST_ARGUMENTS_A_CALL do
    redis.call('ZADD', keys.dependents(item.id), unpack(rows, first, math.min(first + MOST_ARGUMENTS_A_CALL - 1, #rows)))
  end
  item.fields[#item.fields + 1] = 'tells'
  item.fields[#item.fields + 1] = '1'
end

local items = {}
while more() do
  local children = take()
  local item = submission.take()
  if not queue.load(item.queue) then return { 'ok', 'unplaced' } end
  items[#items + 1] = { item, children }
end
if home ~= '' then redis.call('HSETNX', keys.job(id), 'home', home) end
if home ~= '' then redis.call('HSET', keys.job(id), 'graph', '1') end
for _, pair in ipairs(items) do
  local item, children = pair[1], pair[2]
  if not outbox.refusal(item.id) then
    has_dependents(item, children)
    submission.store(item)
    if MODE == 'cancelled' then
      -- What it has entered must be there to be left.
      sets.flush()
      lifecycle.to_final(task.read(item.id), 'cancelled')
    end
  end
end
lifecycle.flush()
return { 'ok', 'done' }
