-- How a task is deleted, once it is out of the sets of its state: its keys, and its rows under its
-- tags, which go with sets.flush().
--@needs partition retention tags job
local deletion = {}

-- `remembered`: whether its id is known as gone for a while.
function deletion.delete(t, remembered)
  redis.call('UNLINK', unpack(task.keys(t)))
  if t.job then job.forget(t) end
  if t.tags then tags.remove(t.queue, t.id, t.tags) end
  if remembered then redis.call('ZADD', keys.gone, partition.now, t.id) end
end

-- A finished task; the caller takes it out of the set of its state.
function deletion.delete_finished(t)
  retention.finish(t)
  -- A row of the outbox, or of a graph, may come again for 10 minutes: it must not create the task anew.
  deletion.delete(t, t.origin or t.name)
end

function deletion.trim(id)
  local t = task.read(id)
  if t then deletion.delete_finished(t) end
end
