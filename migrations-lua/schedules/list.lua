#!lua flags=no-writes
-- list: the partition's schedules by name, without the payloads of their tasks.
-- KEYS[1]  partition prefix
-- ARGV     header, first rank, number of schedules, then fields
-- Returns  {'ok', {schedule, {field, value ...}} ...}
-- Publishes nothing
--@include partition

local first, count = tonumber(take()), tonumber(take())
local fields = {}
while more() do fields[#fields + 1] = take() end
local found = { 'ok' }
for _, name in ipairs(redis.call('ZRANGE', keys.schedules, first, first + count - 1)) do
  local record = {}
  for i, value in ipairs(redis.call('HMGET', keys.schedule(name), unpack(fields))) do
    if value then
      record[#record + 1] = fields[i]
      record[#record + 1] = value
    end
  end
  found[#found + 1] = { name, record }
end
return found
