-- Sorted sets that many items of a group change: gathered here, written by one command a set.
-- Within one script a task leaves and enters each set at most once, so the order does not matter.
--@needs header keys
local MOST_ARGUMENTS = 1000
local sets, added, removed = {}, nil, nil
at_begin(function() added, removed = {}, {} end)

function sets.add(key, score, member)
  local list = added[key]
  if not list then
    list = {}
    added[key] = list
  end
  local n = #list
  list[n + 1] = texts[score] or text(score)
  list[n + 2] = member
end

function sets.remove(key, member)
  local list = removed[key]
  if not list then
    list = {}
    removed[key] = list
  end
  list[#list + 1] = member
end

local function write(command, lists)
  for key, list in pairs(lists) do
    for first = 1, #list, MOST_ARGUMENTS do
      redis.call(command, key, unpack(list, first, math.min(first + MOST_ARGUMENTS - 1, #list)))
    end
  end
end

function sets.flush()
  write('ZREM', removed)
  write('ZADD', added)
  added, removed = {}, {}
end
