-- What a claim is answered: the tasks it has got, read as they are now.
--@needs task
local claimed = {}

-- Queue and class of what the claim left to others.
local function left_aside(claim)
  local aside = {}
  for _, one in ipairs(claim.aside or {}) do
    aside[#aside + 1] = one[1].name
    aside[#aside + 1] = one[2]
  end
  return aside
end

-- `leased` is an outcome, or ids and tokens one after the other; `claim` is nil when the group has run before.
function claimed.show(leased, claim)
  if leased[1] == 'classes_changed' then return leased end
  if not leased[1] and claim then
    local holds = redis.call('ZCARD', keys.held(claim.node, claim.session))
    return { 'none', holds, claim.amounts and claim.amounts.short and '1' or '0', left_aside(claim) }
  end
  local read = claim and claim.read or {}
  local tasks = claim and claim.aside and { 'beside', left_aside(claim) } or { 'claimed' }
  for i = 1, #leased, 2 do
    local t = read[leased[i]] or task.read(leased[i])
    if t and t.token == leased[i + 1] and t.state == 'running' then
      local shown, metadata = { t.id, t.queue, t.latest, task.document(t, 'p') }, task.document(t, 'm')
      if t.type or metadata or t.traceparent or t.due or t.parents then
        shown[5], shown[6], shown[7], shown[8] = t.type or false, metadata or false, t.traceparent or false, t.due or false
        shown[9] = t.parents
      end
      tasks[#tasks + 1] = shown
    end
  end
  return tasks
end
