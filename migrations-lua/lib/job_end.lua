-- What follows for a job from the counts of its tasks: its end, the end undone by a retry, the
-- cancellation of the rest, more of its range.
--@needs job queue outbox

-- The job's row among the endings is due at that moment, or at its deadline if that is sooner; without
-- either there is none.
function job.watch(j, at)
  local deadline = tonumber(j.deadline)
  if deadline and (not at or deadline < at) then at = deadline end
  if at then
    redis.call('ZADD', keys.job_endings, text(at), j.id)
  else
    redis.call('ZREM', keys.job_endings, j.id)
  end
end

-- No more tasks come; those that are there are cancelled page by page (sweeps/end_jobs.lua).
-- What is not yet whole, since its upload goes on, is never taken for a success.
function job.stop(j, by)
  if j.open and by == 'request' then by = 'upload' end
  if not j.graph then
    j.cancelled, j.made = j.cancelled + j.total - j.made, j.total
  elseif j.open then
    redis.call('UNLINK', keys.job_stage(j.id))
  end
  j.open, j.cancel, j.stopped_by, j.cursor, j.dirty = nil, text(partition.now), by, '-1', true
  redis.call('HDEL', keys.job(j.id), 'open')
  redis.call('HSET', keys.job(j.id), 'cancel', j.cancel, 'stopped_by', by, 'cursor', j.cursor)
  redis.call('ZADD', keys.job_endings, text(partition.now), j.id)
  signal.due(partition.now)
end

local function outcome(j)
  if j.stopped_by == 'upload' or j.stopped_by == 'request' and j.cancelled > 0 then return 'cancelled' end
  if j.stopped_by == 'deadline' or j.failed > 0 then return 'failed' end
  return j.cancelled > 0 and 'cancelled' or 'succeeded'
end

local function finish(j)
  local q, keep = queue.load(j.queue) or {}, KEEP_FAILED_MS
  if q.keep_failed_ms then keep = tonumber(q.keep_failed_ms) + KEEP_SLACK_MS end
  redis.call('HSET', keys.job(j.id), 'finished', text(partition.now), 'state', outcome(j))
  redis.call('HDEL', keys.job(j.id), 'cursor')
  redis.call('ZADD', keys.job_endings, text(partition.now + keep), j.id)
  redis.call('ZREM', keys.job_extensions, j.id)
  if j.on_finish then
    outbox.write('submit', j.on_finish)
    redis.call('HDEL', keys.job(j.id), 'on_finish')
  end
  signal.final(j.id)
end

-- What follows from the counts: the end of the job, its end undone by a retry, more of its range.
local function settle(j)
  if j.stop_after and not j.cancel and j.failed >= tonumber(j.stop_after) then job.stop(j, 'failures') end
  local ended = j.succeeded + j.failed + j.cancelled
  if not j.open and ended == j.total then
    if not j.finished then finish(j) end
  elseif j.finished then
    redis.call('HDEL', keys.job(j.id), 'finished', 'state')
    redis.call('ZREM', keys.job_endings, j.id)
  elseif j.from and j.made < j.total and not j.open and j.made - ended <= JOB_WINDOW / 2 then
    redis.call('ZADD', keys.job_extensions, text(partition.now), j.id)
    signal.due(partition.now)
  end
end

-- In another partition than the job's own: what is counted here is told there. One row tells all that
-- comes before it is delivered.
local function tell(j)
  if j.telling then return end
  outbox.write('count', j.id)
  redis.call('HSET', keys.job(j.id), 'telling', '1')
end

-- Writes what changed.
function job.flush()
  for id, j in pairs(job.loaded) do
    if j and j.dirty then
      if j.home then tell(j) else settle(j) end
      local fields = {}
      for _, name in ipairs(job.NUMBERS) do
        fields[#fields + 1] = name
        fields[#fields + 1] = text(j[name])
      end
      if j.open then
        fields[#fields + 1] = 'upload_until'
        fields[#fields + 1] = j.upload_until
      end
      redis.call('HSET', keys.job(id), unpack(fields))
    end
  end
end
