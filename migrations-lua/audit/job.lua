#!lua flags=no-writes
-- job: what a job counts, and the states of a page of its tasks, as of one moment, for the audit.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id, index behind which the page begins, most tasks
-- Returns  {'ok', recorded ('1' | '0' | 'graph': its tasks may be in several partitions), tasks in its index,
--          {field, value ...} of its record's numbers, index to go on behind or '' at the end,
--          {state, tasks of the page in it ...}}
-- Publishes nothing
--@include job

local id, after, most = take(), take(), tonumber(take())
local j = job.load(id)
local numbers, counts, states = {}, {}, {}
for _, name in ipairs(job.NUMBERS) do
  numbers[#numbers + 1] = name
  numbers[#numbers + 1] = j and text(j[name]) or '0'
end
local rows = redis.call('ZRANGEBYSCORE', keys.job_tasks(id), '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, most)
for i = 1, #rows, 2 do
  local state = redis.call('HGET', keys.task(rows[i]), 'state') or 'missing'
  counts[state] = (counts[state] or 0) + 1
end
for state, count in pairs(counts) do
  states[#states + 1] = state
  states[#states + 1] = text(count)
end
local next_after = #rows == 2 * most and rows[#rows] or ''
local recorded = j and ((j.graph or j.home) and 'graph' or '1') or '0'
return { 'ok', recorded, redis.call('ZCARD', keys.job_tasks(id)), numbers, next_after, states }
