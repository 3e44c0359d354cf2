#!lua flags=allow-oom
-- cancel: ends a task that waits, or tells a running one to stop.
-- Transition: scheduled | blocked | queued | retry_wait -> cancelled; running stays, flagged,
--             and its lease is revoked after the grace.
-- KEYS[1]  partition prefix
-- ARGV     header, id, grace ms
-- Returns  {'ok', {'done', state, task}}, {'ok', {'already_finished', state}}, {'ok', {'not_found'}}
-- Publishes final, outbox
--@include constants header keys partition lane sets signal queue task uniqueness attempts backoff retention lifecycle outbox

local id, grace = take(), tonumber(take())
local t = task.read(id)
if not t then return { 'ok', { 'not_found' } } end
if t.state == 'succeeded' or t.state == 'failed' or t.state == 'expired' then
  return { 'ok', { 'already_finished', t.state } }
end

if t.state == 'running' and not t.cancel then
  attempts.unfold_times(t)
  local revoke = partition.lease_now + grace
  sets.add(keys.leases, math.min(tonumber(t.lease), tonumber(t.deadline), revoke), id)
  task.write(t, 'cancel', partition.now, 'revoke', revoke)
  if t.session then outbox.write('cancel', table.concat({ t.node, t.session, id }, ' ')) end
elseif t.state ~= 'running' and t.state ~= 'cancelled' then
  lifecycle.to_final(t, 'cancelled')
end
lifecycle.flush()
return { 'ok', { 'done', t.state, task.whole(t) } }
