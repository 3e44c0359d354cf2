-- A finished task runs again: a new run, the history kept.
--@needs uniqueness retention dependencies
local rerun = {}

-- Why it may not: 'duplicate' and the id of the task that has its unique key by now; or nil.
function rerun.refusal(t)
  local holder = t.unique and uniqueness.holder(t.queue, t.unique)
  if holder and holder ~= t.id then return 'duplicate', holder end
end

function rerun.run(t)
  if t.unique then uniqueness.hold(t.queue, t.unique, t.id) end
  for _, key in ipairs(task.keys(t)) do redis.call('PERSIST', key) end
  -- How the attempt ended would be lost with the state that says so.
  if t.state == 'succeeded' then task.write(t, 'settled', 'succeeded', 'ended', t.finished) end
  retention.finish(t)
  task.erase_document(t, 'r')
  -- The expiry was for the first start; a run asked for by hand does not expire.
  task.erase(t, 'finished', 'reason', 'failures', 'losses', 'cancel', 'revoke', 'expires', 'bytes')
  local run, unmet = text(tonumber(t.run or 1) + 1), t.parents and dependencies.unmet(t)
  if not unmet or not unmet[1] then return lifecycle.to_queued(t, false, 'run', run) end
  -- It never had all that it depends on: those parents are asked again.
  dependencies.block(t, run, unmet)
end
