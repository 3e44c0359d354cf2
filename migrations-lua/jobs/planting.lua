#!lua flags=no-writes
-- planting: the next rows of a committed graph whose tasks are to be made.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, most rows
-- Returns  {'ok'} when there is none, or {'ok', id of the job, '1' when it is being cancelled | '0', number of rows
--          planted before, row ...}
-- Publishes nothing
--@include partition

local STEP, PAGE_BYTES = 20, 262144

local id = redis.call('ZRANGEBYSCORE', keys.job_plantings, '-inf', partition.now, 'LIMIT', 0, 1)[1]
if not id then return { 'ok' } end
local record = redis.call('HMGET', keys.job(id), 'cancel', 'planted')
local replies, bytes, most, at = { 'ok', id, record[1] and '1' or '0', record[2] or '0' }, 0, tonumber(take()), 0
while at < most and bytes < PAGE_BYTES do
  local rows = redis.call('LRANGE', keys.job_stage(id), at, at + STEP - 1)
  for _, row in ipairs(rows) do
    replies[#replies + 1] = row
    bytes = bytes + #row
  end
  at = #rows == STEP and at + STEP or most
end
return replies
