#!lua flags=allow-oom
-- fail: the node that holds the lease says that the attempt failed.
-- Transition: running -> retry_wait | failed; with a cancellation asked for: cancelled.
-- KEYS[1]  partition prefix
-- ARGV     header, then items: id, lease token, view ('state' | 'task'), place of the error ('error',
--          'e' for long), error, retryable ('1' | '0'), retry_after ms or '', chance in [0, 1)
-- Returns  {'ok', outcome ...} as complete.lua
-- Publishes final, due
--@include report setback

return report.run(function()
  return { id = take(), token = take(), view = take(), place = take(), error = take(),
    retryable = take() == '1', delay = tonumber(take()), chance = tonumber(take()) }
end, function(t, item)
  task.erase_document(t, 'e')
  task.write(t, task.document_field(t, item.place, item.error))
  setback.fail(t, 'failed', item.retryable, item.delay,
    item.retryable and 'attempts_exhausted' or 'non_retryable', item.chance)
end)
