-- Group commit's memory: the last group of each lane keeps its outcomes, so that a group
-- whose reply was lost is answered again and never run again.
local LANE_MEMORY_MS = 7200000
local lane = {}

-- The kept outcomes when this very group has run before, else nil.
function lane.recall()
  if LANE == '' then return nil end
  local kept = redis.call('HMGET', keys.lane(LANE), 'group', 'outcomes')
  if kept[1] ~= GROUP then return nil end
  return cmsgpack.unpack(kept[2])
end

function lane.keep(outcomes)
  if LANE == '' then return end
  local key = keys.lane(LANE)
  redis.call('HSET', key, 'group', GROUP, 'outcomes', cmsgpack.pack(outcomes))
  redis.call('PEXPIRE', key, LANE_MEMORY_MS)
end
