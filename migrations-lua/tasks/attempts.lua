#!lua flags=no-writes
-- attempts: reads the attempts of a task that are kept.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id
-- Returns  {'ok', 'done', attempt ...}, the first one first, each {number, node, started ms, ended ms or
--          false, outcome or false, error or false}, or {'ok', 'not_found'}
-- Publishes nothing
--@include partition attempts

local ROW = '^(%S+) %S+ (%S+) (%S+) (%S+) (%S+) ?(.*)$'
local t = task.read(take())
if not t then return { 'ok', 'not_found' } end

-- The record keeps the last failure, which need not be that of the attempt it was archived with.
local function shown(number, node, started, ended, outcome, failure)
  local failed = outcome == 'failed' or outcome == 'timeout'
  return { number, node, started, ended or false, outcome or false, failed and failure or false }
end

local replies = { 'ok', 'done' }
for _, row in ipairs(redis.call('LRANGE', keys.attempts(t.id), 0, -1)) do
  local number, node, started, ended, outcome, failure = string.match(row, ROW)
  replies[#replies + 1] = shown(number, node, started, ended ~= '0' and ended, outcome, failure ~= '' and failure)
end
if t.latest then
  attempts.unfold_times(t)
  local outcome, ended = t.settled, t.ended
  if t.state == 'succeeded' then outcome, ended = 'succeeded', t.finished end
  replies[#replies + 1] = shown(t.attempt, t.node, t.started, ended, outcome, task.document(t, 'e'))
end
return replies
