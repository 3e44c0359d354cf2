-- Whether what stands at a limit does so rightly, for the audit: a scope that is parked although it has room is
-- looked at again by nobody, and neither is one whose moment is not among the openings.
--@needs queue

local function is_parked(name, scope)
  local q = queue.load(name)
  if not q or not q.limited then return false end
  if redis.call('ZSCORE', keys.of_queue('unparked', name), scope) then return true end
  local at = redis.call('ZSCORE', keys.of_queue('parked', name), scope)
  if at == 'inf' then
    local _, places = open_limits().room(q, scope)
    return places <= 0
  end
  local opening = at and redis.call('ZSCORE', keys.openings, name)
  return opening and tonumber(opening) <= tonumber(at)
end
