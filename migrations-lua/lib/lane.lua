-- Group commit's memory: the last group of each lane keeps its outcomes, so that a group
-- whose reply was lost is answered again and never run again.
--@needs keys
local LANE_MEMORY_MS = '7200000'
local lane = {}

-- The kept outcomes when this very group has run before, else nil.
function lane.recall()
  if LANE == '' then return nil end
  local kept = redis.call('GET', keys.lane(LANE))
  local mark = GROUP .. ' '
  if not kept or string.sub(kept, 1, #mark) ~= mark then return nil end
  return cmsgpack.unpack(string.sub(kept, #mark + 1))
end

function lane.keep(outcomes)
  if LANE == '' then return end
  redis.call('SET', keys.lane(LANE), GROUP .. ' ' .. cmsgpack.pack(outcomes), 'PX', LANE_MEMORY_MS)
end
