-- How an attempt begins: a task that was taken out of the ready ones goes to a node.
-- One that should have started by now is expired instead, without waiting for the sweep.
--@needs attempts lifecycle
local leasing = {}

local function holding(terms, fence, deadline)
  return attempts.holding(terms.node, terms.session, partition.now, fence, terms.ends, deadline, terms.named, terms.own_end)
end

-- What the leases of one claim in one queue share: the keys, and how a first attempt of a task without a
-- time-out of its own stands in the record.
function leasing.terms(claim, q)
  local now = partition.lease_now
  -- A lease without a session lasts as long as its queue says, unless the claim does.
  local named = claim.lease_ms or (claim.session == '' and tonumber(q.lease_ms)) or nil
  local length = named or (claim.session == '' and DEFAULT_LEASE_MS) or nil
  local terms = {
    seed = claim.seed, claim_id = claim.claim_id, named = named, alone = claim.alone,
    node = claim.node, session = claim.session ~= '' and claim.session or nil,
    ends = math.min(length and now + length or math.huge, claim.remaining and now + claim.remaining or math.huge),
    deadline = now + math.max(DEFAULT_TIMEOUT_MS, length or 0),
    queued = keys.state(q.name, 'queued'), running = keys.state(q.name, 'running'),
    held = keys.held(claim.node, claim.session), limited = q.limited and q, counted = q.counts and q.limited,
    charges = q.fair and q.fair_by == 'run_time' and q,
  }
  -- With a lease_ms of its own the lease of a session also ends so long after the last progress.
  terms.own_end = terms.session and length and now + length or nil
  terms.holding = holding(terms, partition.micros, terms.deadline)
  return terms
end

-- Whether the task was lost on this node, and others may run it.
local function avoids(terms, t)
  return terms.alone ~= '*' and string.find(' ' .. t.avoid .. ' ', ' ' .. terms.node .. ' ', 1, true)
    and not string.find(terms.alone, ';' .. t.queue .. ' ' .. (t.class or '0') .. ';', 1, true)
end

-- What else the record is to say, as fields and values.
local function notes(terms, t, attempt)
  local all, charged = {}, terms.charges and open_charges().of(terms.charges, t, attempt)
  -- Progress may raise the deadline of a task without a time-out: then the claim's memory has to last longer too.
  if terms.claim_id ~= '' and not t.timeout then all = { 'claim_id', terms.claim_id } end
  if terms.counted then all[#all + 1], all[#all + 2] = 'counted', terms.counted end
  if charged then all[#all + 1], all[#all + 2] = 'charged', charged end
  return all
end

-- The task as it runs now, or nil: it has expired, or (second result) another node is to have it.
function leasing.begin(terms, id, index)
  local t, attempt, deadline, held = task.read(id), '1', terms.deadline, terms.holding
  if t.expires and tonumber(t.expires) <= partition.now then
    if terms.limited then open_limits().take(terms.limited, t.class or '0', t.fairness_key, -1) end
    if terms.charges then open_charges().give_back(terms.charges, t.class or '0', t.fairness_key or '') end
    lifecycle.to_final(t, 'expired')
    return nil
  end
  if t.avoid and avoids(terms, t) then return nil, true end
  if t.latest then
    attempts.archive(t)
    task.erase(t, 'settled', 'ended', 'progress', 'progress_message', 'claim_id')
    attempt = text(tonumber(t.attempt) + 1)
  end
  if t.unique then uniqueness.start(t) end
  if t.timeout then deadline = partition.lease_now + tonumber(t.timeout) end
  if t.timeout or t.latest then held = holding(terms, math.max(tonumber(t.fence or 0) + 1, partition.micros), deadline) end
  if t.job then job.moved(t, 'queued', 'running') end
  if t.uses then redis.call('HINCRBY', keys.using(terms.node), t.uses, 1) end
  sets.remove(terms.queued, id)
  sets.add(terms.running, partition.now, id)
  sets.add(terms.held, partition.now, id)
  sets.add(keys.leases, math.min(terms.ends, deadline), id)
  if t.expires then sets.remove(keys.expiries, id) end
  t.state, t.token, t.deadline = 'running', terms.seed .. '-' .. index, deadline
  t.latest = attempt .. ' ' .. t.token .. held
  if terms.claim_id == '' and not terms.counted and not terms.charges then
    redis.call('HSET', keys.task(id), 'state', 'running', 'latest', t.latest)
  else
    redis.call('HSET', keys.task(id), 'state', 'running', 'latest', t.latest, unpack(notes(terms, t, attempt)))
  end
  return t
end
