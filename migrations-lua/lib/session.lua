-- Sessions of nodes. A session lives while its node has a row in the beats; to end is final.
--@needs outage signal
local session = {}

-- How long the session lives on, ms; nil when it has ended or is not the node's.
function session.life(node, id)
  local due = tonumber(redis.call('ZSCORE', keys.beats, node) or nil)
  if not due or redis.call('HGET', keys.node(node), 'session') ~= id then return nil end
  if due > partition.lease_now then return due - partition.lease_now end
  if outage.covers(due) then
    -- None could beat while Redis was away: a whole life from now.
    redis.call('ZADD', keys.beats, partition.lease_now + DEAD_AFTER_MS, node)
    return DEAD_AFTER_MS
  end
  session.finish(node, id)
  return nil
end

function session.finish(node, id)
  local due = tonumber(redis.call('ZSCORE', keys.beats, node) or partition.lease_now)
  redis.call('ZREM', keys.beats, node)
  if redis.call('EXISTS', keys.node(node)) == 1 then redis.call('HSET', keys.node(node), 'seen', due - DEAD_AFTER_MS) end
  redis.call('DEL', keys.cancels(node))
  signal.line('ended ' .. node .. ' ' .. id)
end
