-- Outages: when nobody has swept the partition for a while (Redis away, all replicas down, a clock
-- jump), the leases and sessions that ran out inside the gap live on for a while, so that healthy
-- nodes can speak before their work is given away.
--@needs partition
local outage, from, to = {}, nil, nil
at_begin(function() from, to = 0, 0 end)

-- Called by whatever starts the first lease or session of an idle partition.
function outage.begin()
  if redis.call('EXISTS', keys.leases, keys.beats) == 0 then
    redis.call('HSET', keys.meta, 'swept', partition.lease_now)
  end
end

-- Called by every sweep of leases and sessions: notes the time, and the gap before it.
function outage.look()
  local known = redis.call('HMGET', keys.meta, 'swept', 'gap_from', 'gap_to')
  local swept = tonumber(known[1] or partition.lease_now)
  from, to = tonumber(known[2] or 0), tonumber(known[3] or 0)
  if partition.lease_now - swept > GAP_MS then
    from, to = swept, partition.lease_now
    redis.call('HSET', keys.meta, 'gap_from', from, 'gap_to', to)
  end
  if partition.lease_now ~= swept then redis.call('HSET', keys.meta, 'swept', partition.lease_now) end
  partition.save()
end

-- Whether what was due then ran out inside the last gap.
function outage.covers(due) return due > from and due <= to end
