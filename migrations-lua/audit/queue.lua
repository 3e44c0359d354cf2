#!lua flags=no-writes
-- queue: all that is stored about queues beside their tasks, each as of one moment, for the audit.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, then queues
-- Returns  {'ok', facts ...}, each {recorded ('1' | '0'), listed ('1' | '0'), number of classes,
--          {definition, number ...}, {class, score of its head ...}, {class, first score ...}, {scope, running
--          tasks that limits count in it ...}, the same as counted now}
-- Publishes nothing
--@include parked

-- More running tasks are not counted again: one script must not take long.
local MOST_COUNTED = 10000

-- Classes that a limit has taken out of the heads need none.
local function is_closed(name, typed, class)
  local of = typed and string.match(typed, ' ' .. class .. ':(%S+)')
  return of and is_parked(name, 't' .. of)
end

local function firsts_of(name, record, definitions, heads)
  local firsts, standing = {}, {}
  for i = 1, #heads, 2 do standing[heads[i]] = true end
  for i = 2, #definitions, 2 do
    local class = definitions[i]
    local set = record[3] and keys.in_queue('class_shares', name, class) or keys.ready(name, class)
    local first = redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')
    if first[1] and (standing[class] or not is_closed(name, record[4], class)) then
      firsts[#firsts + 1], firsts[#firsts + 2] = class, first[2]
    end
  end
  return firsts
end

-- Running tasks as limits count them: by key, and by type where that has a limit.
local function counted(name, record)
  local running, counts, flat = keys.state(name, 'running'), {}, {}
  local function count(scope) counts[scope] = (counts[scope] or 0) + 1 end
  for _, id in ipairs(redis.call('ZRANGE', running, 0, -1)) do
    local t = redis.call('HMGET', keys.task(id), 'counted', 'fairness_key', 'type')
    if t[1] == record[5] then
      if record[6] and t[2] then count('k' .. t[2]) end
      local types = string.match(';' .. (record[7] or ''), ';' .. string.gsub(t[3] or 'default', '%p', '%%%0') .. ' (%d+) ')
      if types then count('t' .. (t[3] or 'default')) end
    end
  end
  for scope, number in pairs(counts) do flat[#flat + 1], flat[#flat + 2] = scope, text(number) end
  return flat
end

local replies = { 'ok' }
while more() do
  local name = take()
  local record = redis.call('HMGET', keys.queue(name), 'created', 'classes', 'fair', 'typed', 'limited',
    'limit_running_per_key', 'limit_types', 'counts')
  local definitions, heads = redis.call('HGETALL', keys.classes(name)), redis.call('ZRANGE', keys.heads(name), 0, -1, 'WITHSCORES')
  local busy = redis.call('HGETALL', keys.of_queue('busy', name))
  local counts_again = record[8] and redis.call('ZCARD', keys.state(name, 'running')) <= MOST_COUNTED
  replies[#replies + 1] = {
    record[1] and '1' or '0',
    redis.call('ZSCORE', keys.queues, name) and '1' or '0',
    tonumber(record[2] or 0),
    definitions,
    heads,
    firsts_of(name, record, definitions, heads),
    busy,
    counts_again and counted(name, record) or busy,
  }
end
return replies
