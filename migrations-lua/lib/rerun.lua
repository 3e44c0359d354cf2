-- A finished task runs again: a new run, the history kept.
local function rerun(t)
  for _, key in ipairs(task.keys(t)) do redis.call('PERSIST', key) end
  -- How the attempt ended would be lost with the state that says so.
  if t.state == 'succeeded' then task.write(t, 'settled', 'succeeded', 'ended', t.finished) end
  retention.finish(t)
  task.erase_document(t, 'r')
  -- The expiry was for the first start; a run asked for by hand does not expire.
  task.erase(t, 'finished', 'reason', 'failures', 'losses', 'cancel', 'revoke', 'expires', 'bytes')
  lifecycle.to_queued(t, false, 'run', tonumber(t.run or 1) + 1)
end
