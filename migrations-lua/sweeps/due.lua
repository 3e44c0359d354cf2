#!lua flags=allow-oom
-- due: what there is to sweep in this partition, and when to look again. It grants the sweeping
-- to one replica for a moment, which saves work; nothing depends on it.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, replica, ms the grant lasts, then names of queues with waiting claims
-- Returns  {'ok', granted ('1' | '0'), ms until something is due or -1,
--          {'promote' | 'return_lost' | 'end_dead' | 'end_drains' | 'expire' | 'open_limits' | 'operate' |
--          'fire_schedules' | 'extend_jobs' | 'plant_jobs' | 'end_jobs' | 'deliver' ...}, {queue, ready count ...},
--          {queue, PARTITION SEAT of its signpost or '' ...} for queues that are not here}
-- Publishes nothing
--@include outage

local replica, grant_ms = take(), tonumber(take())
local holder = redis.call('GET', keys.sweeper)
local granted = not holder or holder == replica
if granted then redis.call('SET', keys.sweeper, replica, 'PX', grant_ms) end

local work, soonest = {}, nil
local function look(set, clock, word)
  local first = redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')[2]
  if not first then return end
  local wait = tonumber(first) - clock
  if wait <= 0 then work[#work + 1] = word end
  if not soonest or wait < soonest then soonest = math.max(wait, 0) end
end

if redis.call('EXISTS', keys.leases, keys.beats) > 0 then outage.look() end
look(keys.due, partition.now, 'promote')
look(keys.leases, partition.lease_now, 'return_lost')
look(keys.beats, partition.lease_now, 'end_dead')
look(keys.drains, partition.lease_now, 'end_drains')
look(keys.expiries, partition.now, 'expire')
look(keys.openings, partition.lease_now, 'open_limits')
look(keys.steps, partition.now, 'operate')
look(keys.fires, partition.now, 'fire_schedules')
look(keys.job_extensions, partition.now, 'extend_jobs')
look(keys.job_plantings, partition.now, 'plant_jobs')
look(keys.job_endings, partition.now, 'end_jobs')
if redis.call('XLEN', keys.outbox) > 0 then work[#work + 1] = 'deliver' end

local ready, strays = {}, {}
while more() do
  local name = take()
  local record = redis.call('HMGET', keys.queue(name), 'classes', 'paused', 'created')
  local count = 0
  if record[1] and record[2] ~= '1' then
    count = redis.call('ZCARD', keys.state(name, 'queued'))
  end
  if not record[3] then
    strays[#strays + 1] = name
    strays[#strays + 1] = redis.call('GET', keys.of_queue('signpost', name)) or ''
  end
  if count > 0 then
    ready[#ready + 1] = name
    ready[#ready + 1] = count
  end
end
return { 'ok', granted and '1' or '0', soonest or -1, work, ready, strays }
