#!lua flags=allow-oom
-- note_cancel: an outbox row has come: a node's session is to stop a task. May come twice.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, node, session, task id
-- Returns  {'ok'}
-- Publishes nothing
--@include partition

local node, session, id = take(), take(), take()
if redis.call('HGET', keys.node(node), 'session') == session and redis.call('ZSCORE', keys.beats, node) then
  redis.call('ZADD', keys.cancels(node), partition.now, id)
  redis.call('PEXPIRE', keys.cancels(node), CANCEL_NOTE_MS)
end
return { 'ok' }
