#!lua
-- submit: takes new tasks.
-- Transition: none -> queued | scheduled | blocked; a waiting task that is replaced -> cancelled.
-- KEYS[1]  partition prefix
-- ARGV     header, then items as lib/submission.lua takes them.
--          Mode 'atomic': all items or none.
-- Returns  {'ok', outcome ...} in the order of the items, each one of
--          {'created', state, created ms, due ms or 0, max_attempts of the queue or nothing},
--          {'replayed', id}, {'key_reused'}, {'unplaced'}, {'exists'}, {'unknown_parent'}, {'too_many_classes'},
--          {'queue_full'}, {'duplicate', id} or {'refused_duplicate', id} where a task has the unique key,
--          {'rejected'} (atomic: another was refused); for a task of a job also
--          {'job_closed'} and {'out_of_order'}
-- Publishes ready, due, classes, final, outbox
--@include lane submission capacity

local outcomes = lane.recall()
if outcomes then return { 'ok', unpack(outcomes) } end
outcomes = {}

if MODE == 'atomic' then
  local items, refused, plan = {}, false, {}
  while more() do
    local item = submission.take()
    items[#items + 1] = item
    local outcome = submission.refusal(item, plan) or capacity.refusal(item) or { 'rejected' }
    outcomes[#items] = outcome
    refused = refused or outcome[1] ~= 'rejected' and outcome[1] ~= 'duplicate'
  end
  for i, item in ipairs(items) do
    local is_duplicate = outcomes[i][1] == 'duplicate'
    if refused then
      if is_duplicate then outcomes[i] = { 'rejected' } end
    elseif is_duplicate then
      conflict.remember(item, outcomes[i][2])
    else
      outcomes[i] = submission.store(item)
    end
  end
else
  while more() do
    local item = submission.take()
    local outcome = submission.refusal(item) or capacity.refusal(item) or submission.store(item)
    if outcome[1] == 'duplicate' then conflict.remember(item, outcome[2]) end
    outcomes[#outcomes + 1] = outcome
  end
end

sets.flush()
queue.flush()
job.flush()
partition.save()
lane.keep(outcomes)
signal.publish()
return { 'ok', unpack(outcomes) }
