#!lua flags=allow-oom
-- claim: leases ready tasks to nodes: the highest priority first, then the one queued first.
-- Transition: queued -> running; a task past its expiry -> expired.
-- KEYS[1]  partition prefix
-- ARGV     header, then claims: node, session or '', ms the session lives on or '', lease_ms or '',
--          most tasks, token seed, claim_id or '', most that it may hold here or '', what lib/uses.lua is
--          told or '', classes that no other node may run ('*', ';QUEUE CLASS;QUEUE CLASS;' or ''), number of queues, each:
--          name, version of the classes known, classes that the node may run ('*' or '0,3,...').
--          Mode 'recall': only what the claim_id has already got; 'further': what it gets beside that.
-- Returns  {'ok', outcome ...} in the order of the claims, each one of {'classes_changed', queue},
--          {'none', tasks of this partition that the node holds, '1' when one took too much of it, else '0',
--          {queue, class ...} of tasks that were lost on it, and are left to others},
--          {'claimed', task ...} or {'beside', {queue, class ...} as above, task ...}, each task being {id, queue, the field `latest`, payload} and, where one
--          of them is there, {..., type or false, metadata or false, traceparent or false, the moment it waited for or false,
--          parents or nothing}
-- Publishes final, for what has expired: what is gone needs no waking.
--@include lane outage ready leasing claim_memory uses claimed

local MOST_LOOKED_AT = 200

local function take_claim()
  local node, session, remaining, lease_ms, most, seed, claim_id, most_held, told, alone, count = take(11)
  local claim = { node = node, session = session, remaining = tonumber(remaining), lease_ms = tonumber(lease_ms),
    most = most_held == '' and tonumber(most) or math.min(most, most_held - redis.call('ZCARD', keys.held(node, session))),
    seed = seed, claim_id = claim_id, amounts = uses.open(told, node), alone = alone, queues = {}, read = {} }
  for i = 1, tonumber(count) do
    local name, version, allowed = take(3)
    claim.queues[i] = { name = name, version = tonumber(version), allowed = allowed }
  end
  return claim
end

local function run(claim)
  local leased = MODE ~= 'further' and claim_memory.recall(claim)
  if leased or MODE == 'recall' then return leased or {} end
  for _, wanted in ipairs(claim.queues) do
    local q = queue.load(wanted.name)
    -- One that is not here was removed, or lives elsewhere.
    if not q or q.version ~= wanted.version then return 'classes_changed', wanted.name end
  end
  leased = {}
  local longest, bytes, looked_at = claim.lease_ms or DEAD_AFTER_MS, 0, 0
  for _, wanted in ipairs(claim.queues) do
    local q = queue.load(wanted.name)
    local allowed = ready.allowed(wanted.allowed)
    local open = q and not q.paused and (allowed == '*' or next(allowed))
    -- Where a claim may take all, nothing takes amounts.
    local amounts = allowed ~= '*' and claim.amounts or nil
    if open and amounts then open = uses.narrow(amounts, q, allowed) end
    local terms = open and leasing.terms(claim, q)
    while open and #leased / 2 < claim.most do
      local class, popped = ready.pop(q, allowed, amounts and 1 or claim.most - #leased / 2)
      for i = 1, #popped, 2 do
        local t, avoided = leasing.begin(terms, popped[i], #leased / 2)
        if t then
          bytes = bytes + #task.document(t, 'p')
          longest = math.max(longest, t.deadline - partition.lease_now)
          leased[#leased + 1] = t.id
          leased[#leased + 1] = t.token
          claim.read[t.id] = t
          if amounts then uses.take(amounts, q, t.class or '0') end
        end
        if avoided then
          claim.aside = claim.aside or {}
          claim.aside[#claim.aside + 1] = { q, class, popped[i], popped[i + 1] }
        end
        if bytes >= MAX_CLAIM_BYTES then
          ready.give_back(q, class, popped, i + 2)
          break
        end
      end
      -- Those that had expired count as well: they must not make the work of one claim unbounded.
      looked_at = looked_at + #popped / 2
      open = popped[1] and bytes < MAX_CLAIM_BYTES and looked_at < MOST_LOOKED_AT
        and (not amounts or uses.narrow(amounts, q, allowed))
    end
  end
  for _, one in ipairs(claim.aside or {}) do ready.give_back(one[1], one[2], { one[3], one[4] }, 1) end
  if claim.claim_id ~= '' and leased[1] then claim_memory.remember(claim, leased, longest) end
  return leased
end

local outcomes, claims = lane.recall(), {}
if not outcomes then
  outcomes = {}
  outage.begin()
  while more() do
    local claim = take_claim()
    local leased, changed = run(claim)
    outcomes[#outcomes + 1] = changed and { 'classes_changed', changed } or leased
    claims[#outcomes] = claim
  end
  lifecycle.flush()
  lane.keep(outcomes)
end
local replies = { 'ok' }
for i, leased in ipairs(outcomes) do replies[i + 1] = claimed.show(leased, claims[i]) end
return replies
