#!lua flags=allow-oom
-- complete: the node that holds the lease hands in the result.
-- Transition: running -> succeeded; children: none -> queued | scheduled.
-- KEYS[1]  partition prefix
-- ARGV     header, then items: id, lease token, view ('state' | 'task'), place of the result ('' for
--          none, 'result', 'r' for long), result, number of children in this partition, each as
--          lib/submission.lua takes it, number of rows for the outbox, each: body.
-- Returns  {'ok', outcome ...}, each {'done', state, task?}, {'settled', state, task?},
--          {'unplaced'} or {'too_many_classes'} for a child, {'lease_lost', how it ended}, {'not_found'}
-- Publishes final, ready, due, outbox
--@include constants header keys partition lane sets signal queue outbox job job_end classes task attempts backoff retention lifecycle submission report

return report.run(function()
  local id, token, view, place, result, count = take(6)
  local item = { id = id, token = token, view = view, place = place, result = result, children = {}, rows = {} }
  for i = 1, tonumber(count) do item.children[i] = submission.take() end
  for i = 1, tonumber(take()) do item.rows[i] = take() end
  return item
end, function(t, item)
  for _, child in ipairs(item.children) do
    local refusal = submission.refusal(child)
    if refusal then return refusal end
  end
  for _, child in ipairs(item.children) do submission.store(child) end
  for _, row in ipairs(item.rows) do outbox.write('submit', row) end
  if item.place == '' then
    lifecycle.to_final(t, 'succeeded')
  else
    lifecycle.to_final(t, 'succeeded', task.document_field(t, item.place, item.result))
  end
end)
