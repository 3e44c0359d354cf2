-- The moves between states: out of every set of the old one, into those of the new one. Checks come before.
--@needs job_end task uniqueness retention charges
local lifecycle = {}

local function move(t, state, score)
  sets.remove(keys.state(t.queue, t.state), t.id)
  sets.add(keys.state(t.queue, state), score, t.id)
  if t.job then job.moved(t, t.state, state) end
end

local function leave(t)
  if t.state == 'running' then
    sets.remove(keys.leases, t.id)
    sets.remove(keys.held(t.node, t.session or ''), t.id)
    local q, using = queue.load(t.queue), t.uses and keys.using(t.node)
    if q.limited then open_limits().leave(q, t) end
    if t.charged then open_charges().settle(q, t) end
    if using and redis.call('HINCRBY', using, t.uses, -1) <= 0 then redis.call('HDEL', using, t.uses) end
  elseif t.state == 'queued' then
    queue.take_out(queue.load(t.queue), t.id, t.class or '0', t.fairness_key)
  elseif t.state == 'scheduled' or t.state == 'retry_wait' then
    sets.remove(keys.due, t.id)
  elseif t.state == 'blocked' then
    redis.call('UNLINK', keys.pending(t.id))
  end
end

-- Neither these states nor the final ones watch the expiry.
local UNWATCHED = { running = true, blocked = true }
local function watch_expiry(t) if t.expires then sets.add(keys.expiries, t.expires, t.id) end end
local function forget_expiry(t) if t.expires then sets.remove(keys.expiries, t.id) end end

-- Whoever asked is told how the run ended (dependencies/ended.lua finds them).
local function tell(t, state) outbox.write('ended', t.id .. ' ' .. state .. ' ' .. (t.run or '1')) end

-- At its old place (loss, release), or at a new one (promotion, retry).
function lifecycle.to_queued(t, keeps_place, ...)
  leave(t)
  move(t, 'queued', partition.now)
  local score = queue.put(queue.load(t.queue), t.id, t.class or '0', tonumber(t.priority or 0),
    keeps_place and tonumber(t.score) or nil, t.fairness_key)
  if UNWATCHED[t.state] then watch_expiry(t) end
  task.write(t, 'state', 'queued', 'score', score, ...)
end

function lifecycle.to_waiting(t, state, due, ...)
  leave(t)
  move(t, state, due)
  sets.add(keys.due, due, t.id)
  if UNWATCHED[t.state] then watch_expiry(t) end
  signal.due(due)
  task.write(t, 'state', state, 'due', due, ...)
end

function lifecycle.to_final(t, state, ...)
  leave(t)
  if t.state ~= 'running' then forget_expiry(t) end
  move(t, state, partition.now)
  task.write(t, 'state', state, 'finished', partition.now, ...)
  if t.unique then uniqueness.finish(t) end
  retention.begin(t)
  if t.tells then tell(t, state) end
  signal.final(t.id)
end

-- Out of every set of its state: a task that waits is about to be deleted.
function lifecycle.to_none(t)
  if t.job then job.moved(t, t.state, 'cancelled') end
  leave(t)
  forget_expiry(t)
  sets.remove(keys.state(t.queue, t.state), t.id)
  if t.unique then uniqueness.free(t) end
  if t.tells then tell(t, 'gone') end
  signal.final(t.id)
end

-- Writes all that the moves gathered, and tells the replicas.
function lifecycle.flush()
  sets.flush() queue.flush() job.flush() partition.save() signal.publish()
end
