#!lua flags=allow-oom
-- ask: tasks in other queues want to be told how tasks of this partition end.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, then questions: parent, child, run of the child
-- Returns  {'ok', answer ...}, each '' when the child will be told, or how the parent has ended: its state, or
--          'gone' for one that is not there
-- Publishes nothing
--@include partition

local answers = { 'ok' }
while more() do
  local parent, child, run = take(3)
  local record = redis.call('HMGET', keys.task(parent), 'state', 'finished', 'run', 'tells')
  if not record[1] then
    answers[#answers + 1] = 'gone'
  elseif record[2] then
    answers[#answers + 1] = record[1]
  else
    redis.call('ZADD', keys.dependents(parent), record[3] or '1', child .. ' ' .. run)
    if not record[4] then redis.call('HSET', keys.task(parent), 'tells', '1') end
    answers[#answers + 1] = ''
  end
end
return answers
