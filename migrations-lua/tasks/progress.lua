#!lua flags=allow-oom
-- progress: the node that holds the lease says how far it has come; that renews the lease.
-- Transition: none (running stays running).
-- KEYS[1]  partition prefix
-- ARGV     header, then items: id, lease token, fraction or '', message or '', extend ms or '',
--          ms the session lives on or ''
-- Returns  {'ok', outcome ...}, each {'renewed', cancel requested ('1' | '0'), lease ms}, {'settled'},
--          {'lease_lost', how it ended}, {'not_found'}
-- Publishes nothing
--@include constants header keys partition lane sets signal queue outbox job job_end task attempts lifecycle report

local function renew(t, item)
  local now = partition.lease_now
  local length = item.extend or tonumber(t.lease_ms) or not t.session and DEFAULT_LEASE_MS or nil
  local own_end = length and now + length
  local ends = own_end
  if t.session then
    -- The session's life is the bound; without news of it the lease stays as it is.
    local life = item.remaining and now + item.remaining or tonumber(t.lease)
    ends = math.min(own_end or life, life)
    t.own_end = own_end or t.own_end
  end
  local deadline = tonumber(t.deadline)
  -- Long leases are for people: without a time-out of its own the run lasts as long as the lease.
  if not t.timeout and length and length > DEFAULT_TIMEOUT_MS then deadline = math.max(deadline, own_end) end
  local due = math.min(ends, deadline, tonumber(t.revoke) or deadline)
  sets.add(keys.leases, due, t.id)
  t.lease, t.deadline, t.lease_ms = ends, deadline, item.extend or t.lease_ms
  task.write(t, task.latest_field(t))
  if item.fraction_text ~= '' and tonumber(item.fraction_text) >= tonumber(t.progress or 0) then task.write(t, 'progress', item.fraction_text) end
  if item.message ~= '' then task.write(t, 'progress_message', item.message) end
  return { 'renewed', t.cancel and '1' or '0', ends }
end

local outcomes = lane.recall()
if not outcomes then
  outcomes = {}
  while more() do
    local item = { id = take(), token = take(), fraction_text = take(), message = take(),
      extend = tonumber(take()), remaining = tonumber(take()) }
    local t, refusal = report.open(item.id, item.token)
    outcomes[#outcomes + 1] = refusal or renew(t, item)
  end
  lifecycle.flush()
  lane.keep(outcomes)
end
return { 'ok', unpack(outcomes) }
