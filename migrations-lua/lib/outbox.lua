-- Rows for what must follow in another partition. The dispatcher delivers each at least once,
-- and every delivery is an operation that may be repeated.
--@needs keys signal
local outbox = {}
at_begin(function() outbox.told = nil end)

function outbox.write(kind, body)
  redis.call('XADD', keys.outbox, '*', 'kind', kind, 'body', body)
  if not outbox.told then signal.line('outbox') end
  outbox.told = true
end

-- Whether tasks of that origin are brought by rows.
function outbox.brings(origin) return origin == 'outbox' or origin == 'schedule' end

-- A row may come twice: then its task is there, or was there and is gone.
function outbox.refusal(id)
  local is_known = redis.call('EXISTS', keys.task(id)) == 1 or redis.call('ZSCORE', keys.gone, id)
  return is_known and { 'exists' } or nil
end
