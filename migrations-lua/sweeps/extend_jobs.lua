#!lua
-- extend_jobs: makes the next tasks of ranges whose windows have room.
-- Transition: none -> queued.
-- KEYS[1]  partition prefix
-- ARGV     header, bytes up to which a payload stands in the record, then ids for tasks that may be made now
-- Returns  {'ok', number of tasks made}
-- Publishes ready, due, classes
--@include lane submission capacity

local PAUSE_MS, inline_bytes, made = 1000, tonumber(take()), 0

-- The numbers as whole numbers in text: a range goes no further than 2^53.
local function whole(number) return string.format('%.0f', number) end

-- The next task of a range, as submission.take would give it.
local function next_item(j, id)
  local first, step, last = tonumber(j.from), tonumber(j.step), tonumber(j.to)
  local from = first + j.made * step
  local to = math.min(from + step, last)
  local payload = string.format('{"job_id":"%s","from":%s,"to":%s}', j.shown_id, whole(from), whole(to))
  local item = { id = id, queue = j.queue, class = j.class, priority = tonumber(j.priority), when = 'now', expires_in = '',
    scope = '', body = '', unique = '', origin = string.format('%s %s %s', j.id, whole(from - first), whole(to - from)),
    fields = j.type and { 'type', j.type } or {}, documents = { 'p', payload } }
  if #payload <= inline_bytes then
    item.fields[#item.fields + 1], item.fields[#item.fields + 2], item.documents = 'payload', payload, {}
  end
  return item
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', keys.job_extensions, '-inf', partition.now, 'LIMIT', 0, 100)) do
  local j = job.load(id)
  local refused = false
  while j and more() and not refused and j.made < j.total
      and j.made - j.succeeded - j.failed - j.cancelled < JOB_WINDOW do
    local item = next_item(j, ARGV[taken + 1])
    local q = queue.load(j.queue)
    refused = not q or not classes.has_room(q, item.class) or capacity.refusal(item) ~= nil
    if not refused then
      take()
      submission.store(item)
      made = made + 1
    end
  end
  if refused then
    -- The queue is full or gone: look again soon.
    redis.call('ZADD', keys.job_extensions, text(partition.now + PAUSE_MS), id)
  elseif more() then
    redis.call('ZREM', keys.job_extensions, id)
  end
end
sets.flush()
queue.flush()
job.flush()
partition.save()
signal.publish()
return { 'ok', made }
