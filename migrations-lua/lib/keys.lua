-- Every key of this partition. src/store/keys.rs is its twin; a test compares the two.
--@needs header
local SETS = {
  'meta', 'queues', 'leases', 'due', 'expiries', 'outbox', 'gone', 'sweeper', 'nodes', 'beats',
  'drains', 'operations', 'steps', 'schedules', 'fires', 'jobs', 'openings', 'job_endings',
  'job_extensions', 'endpoints', 'job_plantings',
}
local PREFIX, TASK
local keys, drawn = {}, {}

-- Those that a partition has once are drawn once.
local function draw_sets()
  local sets = { channel = PREFIX .. ':signals' }
  for _, name in ipairs(SETS) do sets[name] = PREFIX .. ':' .. name end
  drawn[PREFIX] = { __index = sets }
  return drawn[PREFIX]
end

at_begin(function()
  PREFIX = KEYS[1]
  TASK = PREFIX .. ':task:'
  setmetatable(keys, drawn[PREFIX] or draw_sets())
end)

function keys.task(id) return TASK .. id end
function keys.document(kind, id) return PREFIX .. ':' .. kind .. ':' .. id end
function keys.attempts(id) return PREFIX .. ':attempts:' .. id end
function keys.logs(id) return PREFIX .. ':logs:' .. id end
function keys.edges(id) return PREFIX .. ':edges:' .. id end
function keys.pending(id) return PREFIX .. ':pending:' .. id end
function keys.answers(id) return PREFIX .. ':answers:' .. id end
function keys.dependents(id) return PREFIX .. ':dependents:' .. id end
function keys.queue(name) return PREFIX .. ':queue:' .. name end
function keys.classes(name) return PREFIX .. ':classes:' .. name end
function keys.heads(name) return PREFIX .. ':heads:' .. name end
function keys.ready(name, class) return PREFIX .. ':ready:' .. name .. ':' .. class end
-- A key's line: its ready tasks of one class. Those without a key stand where all do in a queue without keys.
function keys.line(name, class, key)
  return PREFIX .. ':ready:' .. name .. ':' .. class .. (key ~= '' and ':' .. key or '')
end
-- What only queues with fairness keys, weights or limits have, drawn by few functions: all scripts make them.
function keys.of_queue(kind, name) return PREFIX .. ':' .. kind .. ':' .. name end
function keys.in_queue(kind, name, part) return PREFIX .. ':' .. kind .. ':' .. name .. ':' .. part end
function keys.tag(name, tag) return PREFIX .. ':tag:' .. name .. ':' .. tag end
function keys.state(name, state) return PREFIX .. ':' .. state .. ':' .. name end
function keys.unique(name, digest) return PREFIX .. ':unique:' .. name .. ':' .. digest end
function keys.idempotency(scope) return PREFIX .. ':idempotency:' .. scope end
function keys.claim(node, claim_id) return PREFIX .. ':claim:' .. node .. ':' .. claim_id end
function keys.held(node, session) return PREFIX .. ':held:' .. node .. ':' .. session end
function keys.using(node) return PREFIX .. ':using:' .. node end
function keys.lane(lane) return PREFIX .. ':lane:' .. lane end
function keys.node(node) return PREFIX .. ':node:' .. node end
function keys.endpoint(kind, name) return PREFIX .. ':endpoint:' .. kind .. ':' .. name end
function keys.schedule(name) return PREFIX .. ':schedule:' .. name end
function keys.cancels(node) return PREFIX .. ':cancels:' .. node end
function keys.operation(id) return PREFIX .. ':operation:' .. id end
function keys.operation_ids(id) return PREFIX .. ':operation_ids:' .. id end
function keys.applied(id) return PREFIX .. ':applied:' .. id end
function keys.job(id) return PREFIX .. ':job:' .. id end
function keys.job_stage(id) return PREFIX .. ':job_stage:' .. id end
function keys.job_tasks(id) return PREFIX .. ':job_tasks:' .. id end
