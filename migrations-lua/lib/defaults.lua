-- What a task leaves out and its queue decides.
--@needs queue
local function add_defaults(q, fields, field)
  if not (q.max_attempts or q.timeout_ms or q.retry) then return end
  local named = {}
  for i = 1, #fields, 2 do named[fields[i]] = true end
  if q.max_attempts and not named.max_attempts then field('max_attempts', q.max_attempts) end
  if q.timeout_ms and not named.timeout then field('timeout', q.timeout_ms) end
  if q.retry and not named.retry then field('retry', q.retry) end
end
