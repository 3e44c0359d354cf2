#!lua flags=no-writes
-- queue: all that is stored about queues beside their tasks, each as of one moment, for the audit.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, then queues
-- Returns  {'ok', facts ...}, each {recorded ('1' | '0'), listed ('1' | '0'), number of classes,
--          {definition, number ...}, {class, score of its head ...}, {class, first score ...}}
-- Publishes nothing
--@include partition

local replies = { 'ok' }
while more() do
  local name = take()
  local record = redis.call('HMGET', keys.queue(name), 'created', 'classes')
  local definitions, firsts = redis.call('HGETALL', keys.classes(name)), {}
  for i = 2, #definitions, 2 do
    local first = redis.call('ZRANGE', keys.ready(name, definitions[i]), 0, 0, 'WITHSCORES')
    if first[1] then
      firsts[#firsts + 1] = definitions[i]
      firsts[#firsts + 1] = first[2]
    end
  end
  replies[#replies + 1] = {
    record[1] and '1' or '0',
    redis.call('ZSCORE', keys.queues, name) and '1' or '0',
    tonumber(record[2] or 0),
    definitions,
    redis.call('ZRANGE', keys.heads(name), 0, -1, 'WITHSCORES'),
    firsts,
  }
end
return replies
