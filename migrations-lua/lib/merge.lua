-- Several sorted sets read as one, in the order of score and then id: the highest first ('newest')
-- or the lowest first ('first'). Only what is asked for is read, by rank.
--@needs keys
local merge = {}

local FIRST_PAGE, PAGE = 16, 200

-- Whether a place comes before another.
local function is_before(one, other, newest)
  if one.score ~= other.score then return (one.score > other.score) == newest end
  return one.id ~= other.id and (one.id > other.id) == newest
end

-- The rank of the first member behind a place; ties of the score are searched by halves.
local function rank_behind(key, place, newest)
  local from
  if newest then
    from = redis.call('ZCOUNT', key, '(' .. place.score, '+inf')
  else
    from = redis.call('ZCOUNT', key, '-inf', '(' .. place.score)
  end
  local to = from + redis.call('ZCOUNT', key, place.score, place.score)
  local range = newest and 'ZREVRANGE' or 'ZRANGE'
  while from < to do
    local middle = math.floor((from + to) / 2)
    local id = redis.call(range, key, middle, middle)[1]
    if id ~= place.id and (id < place.id) == newest then to = middle else from = middle + 1 end
  end
  return from
end

-- Moves a source to its next member; false when it has no more.
local function advance(source, newest)
  if not source.page[source.at] then
    source.page = redis.call(newest and 'ZREVRANGE' or 'ZRANGE', source.key, source.rank,
      source.rank + source.size - 1, 'WITHSCORES')
    source.rank, source.size, source.at = source.rank + source.size, PAGE, 1
  end
  source.id, source.text = source.page[source.at], source.page[source.at + 1]
  source.score, source.at = tonumber(source.text), source.at + 2
  return source.id ~= nil
end

-- A heap whose top is the source with the next member.
local function sink(heap, at, newest)
  while true do
    local first = at
    for child = 2 * at, 2 * at + 1 do
      if heap[child] and is_before(heap[child], heap[first], newest) then first = child end
    end
    if first == at then return end
    heap[at], heap[first] = heap[first], heap[at]
    at = first
  end
end

-- Opens the sets behind `place` ({score as text, id}, or nil for all). The function that it returns answers
-- with the next id and its score as text, or nothing at the end.
function merge.open(list, newest, place)
  local heap = {}
  for _, key in ipairs(list) do
    local source = { key = key, page = {}, at = 1, size = FIRST_PAGE, rank = place and rank_behind(key, place, newest) or 0 }
    if advance(source, newest) then heap[#heap + 1] = source end
  end
  for at = math.floor(#heap / 2), 1, -1 do sink(heap, at, newest) end
  local moved = true
  return function()
    if not moved then
      if not advance(heap[1], newest) then heap[1], heap[#heap] = heap[#heap], nil end
      sink(heap, 1, newest)
    end
    moved = false
    local source = heap[1]
    if source then return source.id, source.text end
  end
end
