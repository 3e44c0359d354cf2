-- How an attempt begins: a task that was taken out of the ready ones goes to a node.
local leasing = {}

function leasing.begin(claim, q, id, index)
  local t, now = task.read(id), partition.lease_now
  if t.latest then
    attempts.archive(t)
    task.erase(t, 'settled', 'ended', 'progress', 'progress_message')
  end
  sets.remove(keys.state(q.name, 'queued'), id)
  sets.add(keys.state(q.name, 'running'), partition.now, id)
  if t.expires then sets.remove(keys.expiries, id) end
  if t.job then job.moved(t, 'queued', 'running') end
  sets.add(keys.held(claim.node, claim.session), partition.now, id)

  -- A lease without a session lasts as long as its queue says, unless the claim does.
  local named = claim.lease_ms or (claim.session == '' and tonumber(q.lease_ms)) or nil
  local length = named or (claim.session == '' and DEFAULT_LEASE_MS) or nil
  local ends = math.min(length and now + length or math.huge, claim.remaining and now + claim.remaining or math.huge)
  local deadline = now + (tonumber(t.timeout) or math.max(DEFAULT_TIMEOUT_MS, length or 0))
  sets.add(keys.leases, math.min(ends, deadline), id)

  t.attempt, t.token, t.node = tonumber(t.attempt or 0) + 1, claim.seed .. '-' .. index, claim.node
  t.fence = text(math.max(tonumber(t.fence or 0) + 1, partition.micros))
  t.started, t.lease, t.deadline, t.lease_ms = partition.now, ends, deadline, named
  t.session = claim.session ~= '' and claim.session or nil
  -- With a lease_ms of its own the lease of a session also ends so long after the last progress.
  t.own_end = t.session and length and now + length
  task.write(t, 'state', 'running', task.latest_field(t))
  return t
end

-- Ids and tokens, one after the other, of what this claim_id has got and still holds; nil for nothing.
function leasing.recall(claim)
  local kept = claim.claim_id ~= '' and redis.call('GET', keys.claim(claim.node, claim.claim_id))
  if not kept then return nil end
  local live, all = {}, cmsgpack.unpack(kept)
  for i = 1, #all, 2 do
    local t = redis.call('HMGET', keys.task(all[i]), 'state', 'latest')
    if t[1] == 'running' and string.find(t[2], ' ' .. all[i + 1] .. ' ', 1, true) then
      live[#live + 1] = all[i]
      live[#live + 1] = all[i + 1]
    end
  end
  return live[1] and live or nil
end
