#!lua flags=allow-oom
-- return_lost: looks at running tasks whose lease row is due: the lease has run out, or the run
-- itself has (time-out), or the grace after a cancellation has.
-- Transition: running -> queued | failed (poison) | retry_wait | failed (timeout) | cancelled,
--             or running stays: its session lives on.
-- KEYS[1]  partition prefix
-- ARGV     header, most tasks, chance in [0, 1), then what is known of sessions: node, session,
--          ms it lives on or 'ended'
-- Returns  {'ok', number of rows settled, {node, session ...} that must be looked up first,
--          {node, queue, type, 'lost' | 'timeout' of an attempt that ended so ...}}
-- Publishes ready, due, final
--@include outage attempts setback

local most, chance = tonumber(take()), tonumber(take())
local sessions, unknown, asked, settled, bad = {}, {}, {}, 0, {}
while more() do
  local name = take() .. ' ' .. take()
  sessions[name] = take()
end

local function blame(t, how)
  local n = #bad
  bad[n + 1], bad[n + 2], bad[n + 3], bad[n + 4] = t.node, t.queue, t.type or DEFAULT_TYPE, how
end

-- A lease that ran out inside an outage lives on for its own length, at most dead_after.
local function spared(due, t)
  if not outage.covers(due) then return false end
  local ends = partition.lease_now + math.min(tonumber(t.lease_ms) or DEAD_AFTER_MS, DEAD_AFTER_MS)
  sets.add(keys.leases, ends, t.id)
  t.lease = ends
  task.write(t, attempts.latest_field(t))
  return true
end

local function settle(t, due)
  local now = partition.lease_now
  attempts.unfold_times(t)
  if spared(due, t) then return true end
  if t.revoke and tonumber(t.revoke) <= now then
    lifecycle.to_final(t, 'cancelled', 'settled', 'revoked', 'ended', partition.now)
  elseif tonumber(t.deadline) <= now then
    blame(t, 'timeout')
    task.erase_document(t, 'e')
    task.write(t, 'error', TIMEOUT_ERROR)
    -- One draw for the page, spread by golden-ratio steps: those that time out together come back apart.
    chance = (chance + 0.6180339887) % 1
    setback.fail(t, 'timeout', true, nil, 'timeout', chance)
  elseif not t.session then
    blame(t, 'lost')
    setback.lose(t)
  else
    local name = t.node .. ' ' .. t.session
    local life = sessions[name]
    if life == nil then
      if not asked[name] then
        asked[name] = true
        unknown[#unknown + 1] = t.node
        unknown[#unknown + 1] = t.session
      end
      return false
    end
    local own_end = tonumber(t.own_end)
    if life == 'ended' or own_end and own_end <= now then
      blame(t, 'lost')
      setback.lose(t)
    else
      local ends = now + tonumber(life)
      if own_end then ends = math.min(ends, own_end) end
      t.lease = ends
      task.write(t, attempts.latest_field(t))
      sets.add(keys.leases, math.min(ends, tonumber(t.deadline), tonumber(t.revoke) or ends), t.id)
    end
  end
  return true
end

outage.look()
local rows = redis.call('ZRANGEBYSCORE', keys.leases, '-inf', partition.lease_now, 'WITHSCORES', 'LIMIT', 0, most)
for i = 1, #rows, 2 do
  local t = task.read(rows[i])
  if not t or t.state ~= 'running' then
    sets.remove(keys.leases, rows[i])
    settled = settled + 1
  elseif settle(t, tonumber(rows[i + 1])) then
    settled = settled + 1
  end
end
lifecycle.flush()
return { 'ok', settled, unknown, bad }
