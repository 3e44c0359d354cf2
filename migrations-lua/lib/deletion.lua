-- How a task is deleted, once it is out of the sets of its state: its keys, and its rows under its
-- tags, which go with sets.flush().
local deletion = {}

-- `remembered`: whether its id is known as gone for a while.
function deletion.delete(t, remembered)
  redis.call('UNLINK', unpack(task.keys(t)))
  if t.tags then tags.remove(t.queue, t.id, t.tags) end
  if remembered then redis.call('ZADD', keys.gone, partition.now, t.id) end
end
