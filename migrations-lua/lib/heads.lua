-- The heads of a queue with several classes: which class gives the next task.
--@needs queue
local heads = {}

local PAGE = 16

-- Whether a claim may take tasks of the class, as it says and as the limits do.
function heads.permits(q, class, allowed)
  if allowed ~= '*' and not allowed[class] then return false end
  return not q.limit_types or open_limits().class_room(q, class) > 0
end

-- The class whose first task is the next one, and the score up to which its tasks come before
-- those of any other class that the node may run. Read in pages: the first few nearly always do.
function heads.first(q, allowed)
  local best, score, bound, from, closed = nil, nil, '+inf', 0, {}
  repeat
    local page = redis.call('ZRANGE', keys.heads(q.name), from, from + PAGE - 1, 'WITHSCORES')
    for i = 1, #page, 2 do
      if allowed == '*' or allowed[page[i]] then
        if q.limit_types and not heads.permits(q, page[i], allowed) then
          closed[#closed + 1] = page[i]
        elseif best then
          -- Under `aging`, two classes may have equal heads: then either may go first.
          bound = (page[i + 1] == score and '' or '(') .. page[i + 1]
          break
        else
          best, score = page[i], page[i + 1]
        end
      end
    end
    from = from + PAGE
  until bound ~= '+inf' or #page < 2 * PAGE
  -- What a limit holds is not looked at again until the limit lets it go.
  if closed[1] then open_limits().close(q, closed) end
  return best, bound
end
