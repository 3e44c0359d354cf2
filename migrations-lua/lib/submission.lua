-- One submitted task, as submit.lua and complete.lua (for children) take it from the arguments:
--   id, queue, class definition, priority, when ('now', '+ms', '@ms'), expires_in ms or '',
--   idempotency scope or '', body digest, unique key as lib/conflict.lua takes it or '',
--   origin ('', 'outbox', 'schedule', or its place in a job),
--   number of fields, field, value ... (tags first, fairness_key last), number of long documents, letter, text ...
-- First among the documents are the edges of lib/blocking.lua: `d`, '' for unknown ones; `k` when parents know.
--@needs classes tags conflict job_end outbox blocking defaults
local submission = {}

function submission.take()
  local id, name, class, priority, when, expires_in, scope, body, unique, origin, count = take(11)
  local item = { id = id, queue = name, class = class, priority = tonumber(priority), when = when,
    expires_in = expires_in, scope = scope, body = body, unique = unique, origin = origin, fields = { take(2 * count) } }
  if item.fields[2 * count - 1] == 'fairness_key' then item.key = item.fields[2 * count] end
  item.documents = { take(2 * take()) }
  return item
end

-- Why the item cannot be taken as a new task, as its outcome, or nil. Items of one all-or-nothing
-- whole share a plan: a table of what those before will bring.
function submission.refusal(item, plan)
  local q = queue.load(item.queue)
  if not q then return { 'unplaced' } end
  if item.scope ~= '' then
    local known = redis.call('GET', keys.idempotency(item.scope))
    if known then
      local body, id = string.match(known, '^(%S+) (%S+)$')
      return body == item.body and { 'replayed', id } or { 'key_reused' }
    end
  end
  if item.documents[2] == '' then return { 'unknown_parent' } end
  if item.origin ~= '' then
    local refusal = outbox.brings(item.origin) and outbox.refusal(item.id) or job.refusal(item.origin)
    if refusal then return refusal end
  end
  -- A child that the outbox brings was promised when its parent was completed.
  if item.origin ~= 'outbox' and not classes.has_room(q, item.class, plan) then return { 'too_many_classes' } end
  return conflict.outcome(item, plan)
end

local function moment(when)
  if when == 'now' then return nil end
  local at = tonumber(string.sub(when, 2))
  if string.sub(when, 1, 1) == '+' then at = partition.now + at end
  return at > partition.now and at or nil
end

-- Stores the item, which submission.refusal has let pass.
function submission.store(item)
  if item.unique ~= '' then conflict.settle(item) end
  local q, now = queue.load(item.queue), partition.now
  local class, due = classes.intern(q, item.class), moment(item.when)
  local fields, documents = item.fields, item.documents
  local function field(name, value)
    fields[#fields + 1] = name
    fields[#fields + 1] = text(value)
  end
  if fields[1] == 'tags' then tags.add(item.queue, item.id, fields[2]) end
  local waits = documents[1] == 'd' or documents[1] == 'k'
  local state = waits and 'blocked' or due and 'scheduled' or 'queued'
  field('queue', item.queue)
  field('state', state)
  field('created', now)
  if class ~= '0' then field('class', class) end
  if item.priority ~= 0 then field('priority', item.priority) end
  if item.origin ~= '' then
    field(outbox.brings(item.origin) and 'origin' or 'job', item.origin)
    if not outbox.brings(item.origin) then job.joined(item.origin, item.id) end
  end
  if item.expires_in ~= '' then
    local expires = now + tonumber(item.expires_in)
    field('expires', expires)
    if not waits then
      sets.add(keys.expiries, expires, item.id)
      signal.due(expires)
    end
  end
  if due then field('run_at', due) end
  if waits then
    field('parents', blocking.begin(item.id, documents[2], documents[1] == 'k'))
  elseif due then
    field('due', due)
    sets.add(keys.due, due, item.id)
    signal.due(due)
  else
    field('score', queue.put(q, item.id, class, item.priority, item.place, item.key))
  end
  sets.add(keys.state(item.queue, state), not waits and due or now, item.id)
  add_defaults(q, fields, field)
  local long = ''
  for i = waits and 3 or 1, #documents, 2 do
    long = long .. documents[i]
    redis.call('SET', keys.document(DOCUMENTS[documents[i]], item.id), documents[i + 1])
  end
  if long ~= '' then field('long', long) end
  redis.call('HSET', keys.task(item.id), unpack(fields))
  queue.count_submit(q)
  conflict.remember(item, item.id)
  return { 'created', state, now, due or 0, q.max_attempts }
end
