#!lua flags=allow-oom
-- apply: one step of an operation, on its tasks in this partition. What became of it is kept in the same
-- run, so that a step which comes again is answered and not done again; mode 'dry' only counts.
-- Transition: as cancel, retry and delete have it; to reprioritise is none.
-- KEYS[1]  partition prefix
-- ARGV     header, operation, number of the step, action, grace ms of a cancellation, new
--          priority or '', then task ids
-- Returns  {'ok', 'applied', 'done' | why tasks were left as they are, their number ...} or {'ok', 'stale'}
--          for a step that another one has followed
-- Publishes ready, final, outbox
--@include lane deletion cancellation rerun reprioritise

local id, step, action, grace, priority = take(), tonumber(take()), take(), tonumber(take()), tonumber(take())
local kept = redis.call('GET', keys.applied(id))
if kept then
  local number, tally = string.match(kept, '^(%d+) (.*)$')
  if tonumber(number) > step then return { 'ok', 'stale' } end
  if tonumber(number) == step then return { 'ok', 'applied', unpack(cmsgpack.unpack(tally)) } end
end

-- Why the task is left as it is, or nil.
local refusal = {}
function refusal.cancel(t) return t.finished and 'already_finished' or t.cancel and 'already_requested' or nil end
function refusal.retry(t)
  if not t.finished then return 'not_finished' end
  return rerun.refusal(t)
end

function refusal.delete(t) return not t.finished and 'not_finished' or nil end
function refusal.reprioritise(t)
  return t.finished and 'already_finished' or tonumber(t.priority or 0) == priority and 'unchanged' or nil
end

local change = { retry = rerun.run }
function change.cancel(t) cancel_task(t, grace) end
function change.reprioritise(t) reprioritise(t, priority) end
function change.delete(t)
  sets.remove(keys.state(t.queue, t.state), t.id)
  deletion.delete_finished(t)
end

local words, counts = {}, {}
local function count(word)
  if not counts[word] then words[#words + 1] = word end
  counts[word] = (counts[word] or 0) + 1
end
while more() do
  local t = task.read(take())
  local why = not t and 'not_found' or t and refusal[action](t)
  if not why and MODE ~= 'dry' then change[action](t) end
  count(why or 'done')
end
lifecycle.flush()

local tally = {}
for _, word in ipairs(words) do
  tally[#tally + 1] = word
  tally[#tally + 1] = counts[word]
end
redis.call('SET', keys.applied(id), text(step) .. ' ' .. cmsgpack.pack(tally), 'PX', STEP_MEMORY_MS)
return { 'ok', 'applied', unpack(tally) }
