-- Opens the partition: checks the epoch and reads the clocks, once a script.
--   now        Redis TIME in ms: run_at, expiry, every moment that users see
--   lease_now  the same, but never going back: leases and sessions
--   micros     Redis TIME in microseconds, for fences
-- A store that is not the one the service knows (emptied, swapped) answers {'store_reset'}.
--@needs keys
local partition, last, offset = {}, nil, nil

at_begin(function()
  local meta = redis.call('HMGET', keys.meta, 'epoch', 'last', 'offset')
  if meta[1] ~= EPOCH then return { 'store_reset' } end

  if VIRTUAL_NOW == '' then
    local time = redis.call('TIME')
    partition.micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
  else
    partition.micros = tonumber(VIRTUAL_NOW) * 1000
  end
  partition.now = math.floor(partition.micros / 1000)

  last, offset = tonumber(meta[2] or 0), tonumber(meta[3] or 0)
  -- A backward step is added to the offset, so the lease clock goes on at its normal rate.
  if partition.now < last then offset = offset + last - partition.now end
  partition.lease_now = partition.now + offset
end)

-- Remembers the clock. Called by scripts that write anyway.
function partition.save()
  if partition.now ~= last then
    redis.call('HSET', keys.meta, 'last', text(partition.now), 'offset', text(offset))
  end
end
