-- How an attempt begins: a task that was taken out of the ready ones goes to a node.
local leasing = {}

function leasing.begin(claim, q, id, index)
  local t = task.read(id)
  local attempt, now = tonumber(t.attempt or 0) + 1, partition.lease_now
  if attempt > 1 then
    attempts.archive(t)
    task.erase(t, 'settled', 'ended', 'progress', 'progress_message', 'session', 'lease_ms', 'own_end')
  end
  sets.remove(keys.state(q.name, 'queued'), id)
  sets.add(keys.state(q.name, 'running'), partition.now, id)
  if t.expires then sets.remove(keys.expiries, id) end
  sets.add(keys.held(claim.node, claim.session), partition.now, id)

  -- A lease without a session lasts as long as its queue says, unless the claim does.
  local named = claim.lease_ms or (claim.session == '' and tonumber(q.lease_ms)) or nil
  local length = named or (claim.session == '' and DEFAULT_LEASE_MS) or nil
  local ends = math.min(length and now + length or math.huge, claim.remaining and now + claim.remaining or math.huge)
  local deadline = now + (tonumber(t.timeout) or math.max(DEFAULT_TIMEOUT_MS, length or 0))
  sets.add(keys.leases, math.min(ends, deadline), id)

  local changes = { 'state', 'running', 'attempt', attempt, 'token', claim.seed .. '-' .. index,
    'fence', string.format('%.0f', math.max(tonumber(t.fence or 0) + 1, partition.micros)),
    'node', claim.node, 'started', partition.now, 'lease', ends, 'deadline', deadline }
  local function change(field, value)
    changes[#changes + 1] = field
    changes[#changes + 1] = value
  end
  if named then change('lease_ms', named) end
  if claim.session ~= '' then
    change('session', claim.session)
    -- With a lease_ms of its own the lease also ends so long after the last progress.
    if length then change('own_end', now + length) end
  end
  task.write(t, unpack(changes))
  return t
end

-- Ids and tokens, one after the other, of what this claim_id has got and still holds; nil for nothing.
function leasing.recall(claim)
  local kept = claim.claim_id ~= '' and redis.call('GET', keys.claim(claim.node, claim.claim_id))
  if not kept then return nil end
  local live, all = {}, cmsgpack.unpack(kept)
  for i = 1, #all, 2 do
    if redis.call('HGET', keys.task(all[i]), 'token') == all[i + 1]
        and redis.call('HGET', keys.task(all[i]), 'state') == 'running' then
      live[#live + 1] = all[i]
      live[#live + 1] = all[i + 1]
    end
  end
  return live[1] and live or nil
end
