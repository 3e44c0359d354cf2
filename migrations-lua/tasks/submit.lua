#!lua
-- submit: takes new tasks.
-- Transition: none -> queued | scheduled.
-- KEYS[1]  partition prefix
-- ARGV     header, then items as lib/submission.lua takes them.
--          Mode 'atomic': all items or none.
-- Returns  {'ok', outcome ...} in the order of the items, each one of
--          {'created', state, created ms, due ms or 0, max_attempts of the queue or nothing},
--          {'replayed', id}, {'key_reused'}, {'unplaced'}, {'exists'}, {'too_many_classes'},
--          {'queue_full'}, {'rejected'} (atomic: another was refused); for a task of a job also
--          {'job_closed'} and {'out_of_order'}
-- Publishes ready, due, classes
--@include constants header keys partition lane sets signal queue outbox job job_end classes task submission capacity

local outcomes = lane.recall()
if outcomes then return { 'ok', unpack(outcomes) } end
outcomes = {}

if MODE == 'atomic' then
  local items, refused = {}, false
  while more() do
    local item = submission.take()
    items[#items + 1] = item
    outcomes[#items] = submission.refusal(item) or capacity.refusal(item) or { 'rejected' }
    refused = refused or outcomes[#items][1] ~= 'rejected'
  end
  if not refused then
    for i, item in ipairs(items) do outcomes[i] = submission.store(item) end
  end
else
  while more() do
    local item = submission.take()
    outcomes[#outcomes + 1] = submission.refusal(item) or capacity.refusal(item) or submission.store(item)
  end
end

sets.flush()
queue.flush()
job.flush()
partition.save()
lane.keep(outcomes)
signal.publish()
return { 'ok', unpack(outcomes) }
