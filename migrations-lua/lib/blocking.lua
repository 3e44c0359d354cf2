-- How a task begins to wait for those it depends on. Its edges are text, in the order in which they were
-- named: `PARENT:ON:NAME `, where ON is s (success), f (finish) or x (failure) and NAME may be empty.
--@needs keys outbox
local EDGE, MOST_PARENTS_A_ROW, MOST_ARGUMENTS_A_CALL = '(%x+):(%a):(%S*) ', 100, 2000
local blocking = {}

-- Asks the parents of each partition to tell the child how they end; a row of the outbox says which run of
-- the child asks, so that an old answer is told from a new one.
local function ask(id, run, waited)
  local rows = {}
  local function write(row) outbox.write('ask', id .. ' ' .. run .. ' ' .. table.concat(row, ' ')) end
  for i = 1, #waited, 2 do
    local place = string.sub(waited[i], -3)
    local row = rows[place] or {}
    row[#row + 1] = waited[i]
    rows[place] = row
    if #row == MOST_PARENTS_A_ROW then
      write(row)
      rows[place] = nil
    end
  end
  for _, row in pairs(rows) do write(row) end
end

-- The task waits for these: parent, on ... `is_known`: whether the parents know that they are to tell it.
function blocking.wait(id, run, waited, is_known)
  for first = 1, #waited, MOST_ARGUMENTS_A_CALL do
    local last = math.min(first + MOST_ARGUMENTS_A_CALL - 1, #waited)
    redis.call('HSET', keys.pending(id), unpack(waited, first, last))
  end
  if not is_known then ask(id, run, waited) end
end

-- A new task with these edges; how many there are.
function blocking.begin(id, edges, is_known)
  local waited = {}
  for parent, on in string.gmatch(edges, EDGE) do
    waited[#waited + 1] = parent
    waited[#waited + 1] = on
  end
  redis.call('SET', keys.edges(id), edges)
  blocking.wait(id, '1', waited, is_known)
  return #waited / 2
end
