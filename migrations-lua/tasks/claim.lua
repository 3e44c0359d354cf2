#!lua flags=allow-oom
-- claim: leases ready tasks to nodes: the highest priority first, then the one queued first.
-- Transition: queued -> running.
-- KEYS[1]  partition prefix
-- ARGV     header, then claims: node, session or '', ms the session lives on or '', lease_ms or '',
--          most tasks, token seed, claim_id or '', number of queues, and for each queue:
--          name, number of classes known, classes that the node may run ('*' or '0,3,...').
--          Mode 'recall': only what the claim_id has already got.
-- Returns  {'ok', outcome ...} in the order of the claims, each one of {'classes_changed', queue},
--          {'claimed', task ...}, each task being {id, queue, type, payload, attempt, token, fence,
--          lease ms, deadline ms, metadata or false, traceparent or false}
-- Publishes nothing: what is gone needs no waking.
--@include constants header keys partition lane sets signal queue outage task attempts

-- Takes up to `most` first tasks out of the classes that the node may run: ready set, {id, score ...}.
local function pop(q, allowed, most)
  if q.classes <= 1 then
    local ready = keys.ready(q.name, '0')
    return ready, redis.call('ZPOPMIN', ready, most)
  end
  local heads = redis.call('ZRANGE', keys.heads(q.name), 0, -1, 'WITHSCORES')
  local best, bound = nil, '+inf'
  for i = 1, #heads, 2 do
    if allowed == '*' or allowed[heads[i]] then
      if best then
        bound = '(' .. heads[i + 1]
        break
      end
      best = heads[i]
    end
  end
  if not best then return nil, {} end
  local ready = keys.ready(q.name, best)
  local popped = redis.call('ZRANGEBYSCORE', ready, '-inf', bound, 'WITHSCORES', 'LIMIT', 0, most)
  for i = 1, #popped, 2 do redis.call('ZREM', ready, popped[i]) end
  queue.write_head(q, best)
  queue.touch(q, best)
  return ready, popped
end

local function lease(claim, q, id, index)
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

  local length = claim.lease_ms or (claim.session == '' and DEFAULT_LEASE_MS) or nil
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
  if claim.lease_ms then change('lease_ms', claim.lease_ms) end
  if claim.session ~= '' then
    change('session', claim.session)
    -- With a lease_ms of its own the lease also ends so long after the last progress.
    if length then change('own_end', now + length) end
  end
  task.write(t, unpack(changes))
  return t
end

local function take_claim()
  local claim = { node = take(), session = take(), remaining = tonumber(take()), lease_ms = tonumber(take()),
    most = tonumber(take()), seed = take(), claim_id = take(), queues = {}, read = {} }
  for i = 1, tonumber(take()) do
    claim.queues[i] = { name = take(), classes = tonumber(take()), allowed = take() }
  end
  return claim
end

-- Ids and tokens, one after the other, of what this claim_id has got and still holds; nil for nothing.
local function claimed_before(claim)
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

local function run(claim)
  local leased = claimed_before(claim)
  if leased or MODE == 'recall' then return leased or {} end
  for _, wanted in ipairs(claim.queues) do
    local q = queue.load(wanted.name)
    if q and q.classes ~= wanted.classes then return 'classes_changed', wanted.name end
  end
  leased = {}
  local longest, bytes = claim.lease_ms or DEAD_AFTER_MS, 0
  for _, wanted in ipairs(claim.queues) do
    local q = queue.load(wanted.name)
    local allowed = wanted.allowed
    if allowed ~= '*' then
      allowed = {}
      for class in string.gmatch(wanted.allowed, '%d+') do allowed[class] = true end
    end
    local open = q and not q.paused and (allowed == '*' or next(allowed))
    while open and #leased / 2 < claim.most do
      local ready, popped = pop(q, allowed, claim.most - #leased / 2)
      open = popped[1] and bytes < MAX_CLAIM_BYTES
      for i = 1, #popped, 2 do
        if bytes < MAX_CLAIM_BYTES then
          local t = lease(claim, q, popped[i], #leased / 2)
          bytes = bytes + #task.document(t, 'p')
          longest = math.max(longest, t.deadline - partition.lease_now)
          leased[#leased + 1] = t.id
          leased[#leased + 1] = t.token
          claim.read[t.id] = t
        else
          redis.call('ZADD', ready, popped[i + 1], popped[i])
        end
      end
    end
  end
  if claim.claim_id ~= '' and leased[1] then
    redis.call('SET', keys.claim(claim.node, claim.claim_id), cmsgpack.pack(leased), 'PX', longest + 60000)
  end
  return leased
end

local function reply(leased, read)
  if leased[1] == 'classes_changed' then return leased end
  local tasks = { 'claimed' }
  for i = 1, #leased, 2 do
    local t = read[leased[i]] or task.read(leased[i])
    if t and t.token == leased[i + 1] and t.state == 'running' then
      tasks[#tasks + 1] = { t.id, t.queue, t.type or 'default', task.document(t, 'p'), t.attempt, t.token, t.fence,
        t.lease, t.deadline, task.document(t, 'm') or false, t.traceparent or false }
    end
  end
  return tasks
end

local outcomes, reads = lane.recall(), {}
if not outcomes then
  outcomes = {}
  outage.begin()
  while more() do
    local claim = take_claim()
    local leased, changed = run(claim)
    outcomes[#outcomes + 1] = changed and { 'classes_changed', changed } or leased
    reads[#outcomes] = claim.read
  end
  sets.flush()
  queue.flush()
  partition.save()
  lane.keep(outcomes)
end
local replies = { 'ok' }
for i, leased in ipairs(outcomes) do replies[i + 1] = reply(leased, reads[i] or {}) end
return replies
