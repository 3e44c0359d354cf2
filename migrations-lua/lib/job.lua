-- Jobs as one script sees them: what their tasks do is counted here and written once a job at the
-- end. A task of a job names it in its field `job`: ID, index of its first item, number of items.
--@needs partition sets
local job = {}
at_begin(function() job.loaded = {} end)
job.NUMBERS = { 'total', 'made', 'items', 'running', 'succeeded', 'failed', 'cancelled' }
-- How a state counts. The others wait: they are what these leave of the total.
local COUNTED = { running = 'running', succeeded = 'succeeded', failed = 'failed', expired = 'failed',
  cancelled = 'cancelled' }

-- The job's record, or nil when it is gone.
function job.load(id)
  local loaded = job.loaded
  if loaded[id] == nil then
    local record = redis.call('HGETALL', keys.job(id))
    local j = record[1] and { id = id } or false
    for i = 1, #record, 2 do j[record[i]] = record[i + 1] end
    if j then
      for _, name in ipairs(job.NUMBERS) do j[name] = tonumber(j[name] or 0) end
    end
    loaded[id] = j
  end
  return loaded[id] or nil
end

-- Marks the job as changed, so that it is looked at and written at the end.
function job.touch(j) j.dirty = true end

-- The id of a task's job, and where in it the task stands.
function job.place(text) return string.match(text, '^(%x+) (%d+) (%d+)$') end

-- A task of a job goes from one state to another.
function job.moved(t, from, to)
  local j = job.load((job.place(t.job)))
  if not j then return end
  local was, is = COUNTED[from], COUNTED[to]
  if was then j[was] = j[was] - 1 end
  if is then j[is] = j[is] + 1 end
  j.dirty = true
end

-- A task is deleted: the index of its job does not list it any more.
function job.forget(t) sets.remove(keys.job_tasks((job.place(t.job))), t.id) end

-- Why a task cannot join the job at that place, as its outcome, or nil. Tasks join in the order of
-- their items, so that what was taken is always a beginning of the whole.
function job.refusal(place)
  local id, index = job.place(place)
  if not id then return nil end
  local j = job.load(id)
  if not j or not j.open then return { 'job_closed' } end
  if tonumber(index) ~= j.items then return { 'out_of_order' } end
  return nil
end

-- A new task joins.
function job.joined(place, task_id)
  local id, index, count = job.place(place)
  local j = job.load(id)
  j.made, j.dirty = j.made + 1, true
  -- Of a graph in another partition, the job's own knows the tasks (jobs/planted.lua).
  if not j.home then sets.add(keys.job_tasks(id), tonumber(index), task_id) end
  if j.graph then return end
  j.items = tonumber(index) + tonumber(count)
  if j.open then
    j.total = j.made
    j.upload_until = text(partition.now + UPLOAD_LEASE_MS)
  end
end
