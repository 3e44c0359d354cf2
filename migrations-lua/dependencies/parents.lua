#!lua flags=no-writes
-- parents: how tasks stand that others depend on, with results as far as they are short.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, longest result in bytes, most bytes of all results, then ids
-- Returns  {'ok', {state or '', bytes of the result, result or false} ...}
-- Publishes nothing
--@include queue task

local longest, left = tonumber(take()), tonumber(take())
local replies = { 'ok' }
while more() do
  local id = take()
  local record = redis.call('HMGET', keys.task(id), 'state', 'long', 'result')
  local result, bytes = record[3], #(record[3] or '')
  if record[2] and string.find(record[2], 'r', 1, true) then
    bytes = redis.call('STRLEN', keys.document('result', id))
    result = bytes <= math.min(longest, left) and redis.call('GET', keys.document('result', id))
  end
  if bytes > longest or bytes > left then result = false end
  if result then left = left - bytes end
  replies[#replies + 1] = { record[1] or '', bytes, result }
end
return replies
