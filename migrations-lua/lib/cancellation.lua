-- What cancel does to one task that has not finished: it ends, or is told to stop.
--@needs outbox signal attempts lifecycle
local function cancel_task(t, grace)
  if t.state ~= 'running' then return lifecycle.to_final(t, 'cancelled') end
  if t.cancel then return end
  attempts.unfold_times(t)
  local revoke = partition.lease_now + grace
  sets.add(keys.leases, math.min(tonumber(t.lease), tonumber(t.deadline), revoke), t.id)
  task.write(t, 'cancel', partition.now, 'revoke', revoke)
  if t.session then
    outbox.write('cancel', table.concat({ t.node, t.session, t.id }, ' '))
  else
    -- No heartbeat brings the news; a replica may be pushing it.
    signal.line('cancel ' .. t.id)
  end
end
