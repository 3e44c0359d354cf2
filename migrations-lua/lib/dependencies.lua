-- What becomes of a blocked task when those it depends on end.
--@needs blocking lifecycle
local dependencies = {}

-- How a parent may have ended, by what the edge waits for. One that was deleted before its end is 'gone'.
local MEETS = {
  s = { succeeded = true },
  f = { succeeded = true, failed = true, cancelled = true, expired = true },
  x = { failed = true, expired = true },
}

local function shown(id)
  return (string.gsub(id, '^(%x%x%x%x%x%x%x%x)(%x%x%x%x)(%x%x%x%x)(%x%x%x%x)', '%1-%2-%3-%4-'))
end

local function fail(t, parent, state)
  local message = string.format('{"code":"dependency","message":"it depends on task %s, which %s"}', shown(parent),
    state == 'gone' and 'is not there any more' or 'ended as ' .. state)
  task.erase_document(t, 'e')
  task.write(t, task.document_field(t, 'e', message))
  lifecycle.to_final(t, 'failed', 'reason', 'dependency')
end

local function release(t)
  local due = tonumber(t.run_at)
  if due and due > partition.now then
    lifecycle.to_waiting(t, 'scheduled', due)
  else
    lifecycle.to_queued(t, false)
  end
end

-- A parent has ended so. Told again, nothing changes: the child does not wait for it any more.
function dependencies.answer(t, parent, state)
  local on = t.state == 'blocked' and redis.call('HGET', keys.pending(t.id), parent)
  if not on then return end
  redis.call('HDEL', keys.pending(t.id), parent)
  redis.call('HSET', keys.answers(t.id), parent, state)
  if not MEETS[on][state] then
    fail(t, parent, state)
  elseif redis.call('EXISTS', keys.pending(t.id)) == 0 then
    release(t)
  end
end

-- The parents whose ends the task has not been told, or does not run after: parent, on ...
function dependencies.unmet(t)
  local answers, flat, waited = {}, redis.call('HGETALL', keys.answers(t.id)), {}
  for i = 1, #flat, 2 do answers[flat[i]] = flat[i + 1] end
  for parent, on in string.gmatch(redis.call('GET', keys.edges(t.id)) or '', EDGE) do
    if not MEETS[on][answers[parent]] then
      waited[#waited + 1] = parent
      waited[#waited + 1] = on
    end
  end
  return waited
end

-- A finished task waits for these parents once more, in a new run.
function dependencies.block(t, run, waited)
  sets.remove(keys.state(t.queue, t.state), t.id)
  sets.add(keys.state(t.queue, 'blocked'), partition.now, t.id)
  if t.job then job.moved(t, t.state, 'blocked') end
  task.write(t, 'state', 'blocked', 'run', run)
  blocking.wait(t.id, run, waited)
end
