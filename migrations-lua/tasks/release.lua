#!lua flags=allow-oom
-- release: the node gives the task back, unharmed; an operator may do so without the token.
-- Transition: running -> queued (at its old place) | scheduled (with a delay);
--             with a cancellation asked for: cancelled.
-- KEYS[1]  partition prefix
-- ARGV     header, then items: id, lease token ('' for an operator), view ('state' | 'task'), delay ms or ''
-- Returns  {'ok', outcome ...} as complete.lua; {'not_running'} for an operator's try
-- Publishes ready, due, final
--@include report

local function open(id, token)
  if token ~= '' then
    local t, refusal = report.open(id, token)
    -- A released token again: the task has gone back, which is all that was asked.
    if refusal and refusal[2] == 'released' then return nil, { 'settled' } end
    return t, refusal
  end
  local t = task.read(id)
  if not t then return nil, { 'not_found' } end
  if t.state ~= 'running' then return nil, { 'not_running' } end
  return t
end

return report.run(function()
  return { id = take(), token = take(), view = take(), delay = tonumber(take()) }
end, function(t, item)
  -- An operator's release is not the worker's own: its later reports find the lease lost.
  local how = item.token == '' and 'revoked' or 'released'
  if t.cancel then
    lifecycle.to_final(t, 'cancelled', 'settled', how, 'ended', partition.now)
  elseif item.delay and item.delay > 0 then
    local run_at = partition.now + item.delay
    lifecycle.to_waiting(t, 'scheduled', run_at, 'run_at', run_at, 'settled', how, 'ended', partition.now)
  else
    lifecycle.to_queued(t, true, 'settled', how, 'ended', partition.now)
  end
end, open)
