-- What complete and complete_large share: they differ only in whether a full Redis takes them.
--@needs submission outbox report
local completion = {}

local function take_item()
  local id, token, view, place, result, count = take(6)
  local item = { id = id, token = token, view = view, place = place, result = result, children = {}, rows = {} }
  for i = 1, tonumber(count) do item.children[i] = submission.take() end
  for i = 1, tonumber(take()) do item.rows[i] = take() end
  return item
end

-- A child whose unique key is taken is not made, and does not hold up its parent.
local function is_duplicate(outcome)
  return outcome and (outcome[1] == 'duplicate' or outcome[1] == 'refused_duplicate')
end

local function apply(t, item)
  local plan, children = {}, {}
  for _, child in ipairs(item.children) do
    local refusal = submission.refusal(child, plan)
    if not refusal then
      children[#children + 1] = child
    elseif not is_duplicate(refusal) then
      return refusal
    end
  end
  for _, child in ipairs(children) do submission.store(child) end
  for _, row in ipairs(item.rows) do outbox.write('submit', row) end
  if item.place == '' then
    lifecycle.to_final(t, 'succeeded')
  else
    lifecycle.to_final(t, 'succeeded', task.document_field(t, item.place, item.result))
  end
end

function completion.run() return report.run(take_item, apply) end
