#!lua flags=no-writes
-- schedule: what is stored about schedules, each as of one moment, for the audit.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, then schedules
-- Returns  {'ok', recorded, listed, watched, has a moment to come ... ('1' | '0' each, four a schedule)}
-- Publishes nothing
--@include partition

local facts = { 'ok' }
local function fact(holds) facts[#facts + 1] = holds and '1' or '0' end
while more() do
  local name = take()
  local record = redis.call('HMGET', keys.schedule(name), 'created', 'next', 'waiting')
  fact(record[1])
  fact(redis.call('ZSCORE', keys.schedules, name))
  fact(redis.call('ZSCORE', keys.fires, name))
  fact(record[2] or record[3])
end
return facts
