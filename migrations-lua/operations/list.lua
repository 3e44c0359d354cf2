#!lua flags=no-writes
-- list: operations of the partition, the newest first: their ids are in the order of their time.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id behind which to begin or '', most operations
-- Returns  {'ok', id, {field, value ...} ...}
-- Publishes nothing
--@include partition

local behind, most = take(), take()
local first = behind == '' and '+' or '(' .. behind
local listed = { 'ok' }
for _, id in ipairs(redis.call('ZRANGE', keys.operations, first, '-', 'BYLEX', 'REV', 'LIMIT', 0, most)) do
  local record = redis.call('HGETALL', keys.operation(id))
  if record[1] then
    listed[#listed + 1] = id
    listed[#listed + 1] = record
  end
end
return listed
