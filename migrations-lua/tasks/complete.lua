#!lua flags=allow-oom
-- complete: the node that holds the lease hands in the result.
-- Transition: running -> succeeded; children: none -> queued | scheduled | blocked.
-- KEYS[1]  partition prefix
-- ARGV     header, then items: id, lease token, view ('state' | 'task'), place of the result ('' for
--          none, 'result', 'r' for long), result, number of children in this partition, each as
--          lib/submission.lua takes it, number of rows for the outbox, each: body.
-- Returns  {'ok', outcome ...}, each {'done', state, task?}, {'settled', state, task?},
--          {'unplaced'}, {'unknown_parent'} or {'too_many_classes'} for a child, {'lease_lost', how it ended}, {'not_found'}
-- Publishes final, ready, due, outbox
--@include completion

return completion.run()
