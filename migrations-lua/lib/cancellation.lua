-- What cancel does to one task that has not finished: it ends, or is told to stop.
local function cancel_task(t, grace)
  if t.state ~= 'running' then return lifecycle.to_final(t, 'cancelled') end
  if t.cancel then return end
  local revoke = partition.lease_now + grace
  sets.add(keys.leases, math.min(tonumber(t.lease), tonumber(t.deadline), revoke), t.id)
  task.write(t, 'cancel', partition.now, 'revoke', revoke)
  if t.session then outbox.write('cancel', table.concat({ t.node, t.session, t.id }, ' ')) end
end
