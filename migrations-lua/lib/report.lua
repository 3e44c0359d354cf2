-- What complete, fail, release and progress share: an item names a task and the lease that
-- gives the right to speak about it.
--@needs lane attempts lifecycle
local report = {}

-- The running task that the token leases, or nil and the outcome to answer: {'not_found'},
-- {'lease_lost'}, or {'settled'} for a token whose attempt has already been reported.
function report.open(id, token)
  local t = task.read(id)
  if not t then return nil, { 'not_found' } end
  local outcome = attempts.outcome(t, token)
  if outcome == 'live' then return t end
  if outcome == 'succeeded' or outcome == 'failed' then return nil, { 'settled' } end
  return nil, { 'lease_lost', outcome or '' }
end

-- Runs `apply` on every item unless this group has run before, and answers with the tasks as they
-- are now: {'ok', {word, state, field, value ...} ...}. Items that want no more than the state
-- come with view 'state'. `take_item` reads id, token, view and what the verb needs; `open` is report.open
-- where the verb has none of its own.
function report.run(take_item, apply, open)
  local items = {}
  while more() do items[#items + 1] = take_item() end
  local outcomes, tasks = lane.recall(), {}
  if not outcomes then
    outcomes = {}
    for i, item in ipairs(items) do
      local t, refusal = (open or report.open)(item.id, item.token)
      outcomes[i] = refusal or apply(t, item) or { 'done' }
      tasks[i] = t
    end
    lifecycle.flush()
    lane.keep(outcomes)
  end
  local replies = { 'ok' }
  for i, item in ipairs(items) do
    local t = tasks[i] or task.read(item.id)
    local reply = outcomes[i]
    if t and (reply[1] == 'done' or reply[1] == 'settled') then
      reply = { reply[1], t.state }
      if item.view == 'task' then reply[3] = task.whole(t) end
    end
    replies[i + 1] = reply
  end
  return replies
end
