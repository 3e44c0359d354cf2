-- What becomes of a task whose attempt did not end well.
--@needs backoff lifecycle
local setback = {}

-- An attempt failed or ran out of time: it runs again, or the task has failed.
function setback.fail(t, outcome, retryable, delay, reason, chance)
  local failures = tonumber(t.failures or 0) + 1
  local ending = { 'failures', failures, 'settled', outcome, 'ended', partition.now }
  if t.cancel then
    lifecycle.to_final(t, 'cancelled', unpack(ending))
  elseif retryable and failures < tonumber(t.max_attempts or DEFAULT_MAX_ATTEMPTS) then
    delay = delay or backoff_ms(t.retry, failures, chance)
    lifecycle.to_waiting(t, 'retry_wait', partition.now + delay, unpack(ending))
  else
    lifecycle.to_final(t, 'failed', 'reason', reason, unpack(ending))
  end
end

-- The node died or the lease ran out: back to its place, unless that happened too often.
function setback.lose(t)
  local losses = tonumber(t.losses or 0) + 1
  local ending = { 'losses', losses, 'settled', 'lost', 'ended', partition.now }
  if t.cancel then
    lifecycle.to_final(t, 'cancelled', unpack(ending))
  elseif losses >= tonumber(t.max_losses or DEFAULT_MAX_LOSSES) then
    lifecycle.to_final(t, 'failed', 'reason', 'poison', unpack(ending))
  else
    -- Another node is to have it, as long as there is one.
    local known = t.avoid and #t.avoid < 1024 and t.avoid .. ' ' or ''
    lifecycle.to_queued(t, true, 'avoid', known .. t.node, unpack(ending))
  end
end
