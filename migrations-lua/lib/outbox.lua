-- Rows for what must follow in another partition. The dispatcher delivers each at least once,
-- and every delivery is an operation that may be repeated.
--@needs keys signal
local outbox = {}

function outbox.write(kind, body)
  redis.call('XADD', keys.outbox, '*', 'kind', kind, 'body', body)
  if not outbox.told then signal.line('outbox') end
  outbox.told = true
end
