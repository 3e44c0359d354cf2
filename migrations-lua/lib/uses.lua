-- Amounts that running tasks take of their node. A task that takes any says so in its field `uses`:
-- 'memory_mb 2048 gpu 1'. `using:NODE` counts its running tasks of this partition by that text.
--@needs keys
local uses = {}

local function amounts(text)
  local found = {}
  for name, amount in string.gmatch(text, '(%S+) (%S+)') do found[name] = tonumber(amount) end
  return found
end

-- What a claim says of amounts, records parted by ';': what its node has left beside the tasks of this
-- partition, then 'QUEUE CLASS' and what a task of that takes. nil when nothing it may run takes any.
function uses.open(told, node)
  if told == '' then return nil end
  local open = { taken = {}, short = false }
  for record in string.gmatch(told, '[^;]+') do
    if not open.left then
      open.left = amounts(record)
    else
      local name, class, rest = string.match(record, '^(%S+) (%S+) (.+)$')
      open.taken[name .. ' ' .. class] = amounts(rest)
    end
  end
  local held = redis.call('HGETALL', keys.using(node))
  for i = 1, #held, 2 do
    for name, amount in pairs(amounts(held[i])) do
      open.left[name] = (open.left[name] or 0) - amount * tonumber(held[i + 1])
    end
  end
  return open
end

-- Strikes the classes for which too little is left from those that the claim may take; says whether any stay.
function uses.narrow(open, q, allowed)
  for class in pairs(allowed) do
    for name, amount in pairs(open.taken[q.name .. ' ' .. class] or {}) do
      if (open.left[name] or 0) < amount * (1 - AMOUNT_SLACK) then allowed[class], open.short = nil, true end
    end
  end
  return next(allowed)
end

-- A task of the class has been taken.
function uses.take(open, q, class)
  for name, amount in pairs(open.taken[q.name .. ' ' .. class] or {}) do open.left[name] = open.left[name] - amount end
end
