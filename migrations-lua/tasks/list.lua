#!lua flags=no-writes
-- list: looks through sets of tasks, read as one, for those that fit.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, order ('newest' | 'first'), kind of the sets ('state' | 'ready' | 'held' | 'tag'),
--          score and id of the place behind which to begin, or '' twice, most tasks to find, most
--          members to look at, least score or '', least and greatest id or '', ms created after and
--          before or '', number of fields that must have a value, field, value ('' for absent) ...,
--          then the sets: both names that their key is drawn from.
-- Returns  {'ok', 'end' | 'more', {score, id of the last member looked at} or {}, {id, score ...}}
-- Publishes nothing
--@include partition merge

local newest, kind = take() == 'newest', take()
local place = { score = take(), id = take() }
local most, budget = tonumber(take()), tonumber(take())
local least_score, least_id, greatest_id = tonumber((take())), take(), take()
local after, before = tonumber((take())), tonumber((take()))
local fields, wanted = {}, {}
for i = 1, tonumber(take()) do fields[i], wanted[i] = take(2) end
if after or before then fields[#fields + 1] = 'created' end

local list = {}
while more() do list[#list + 1] = keys[kind](take(2)) end

-- Ids follow the time of the submit, so most of those outside a span need no reading.
local function is_outside(id)
  return least_id ~= '' and id < least_id or greatest_id ~= '' and id > greatest_id
end

local function fits(id)
  if is_outside(id) then return false end
  if not fields[1] then return true end
  local values = redis.call('HMGET', keys.task(id), unpack(fields))
  for i, value in ipairs(wanted) do
    local found = values[i] or ''
    if fields[i] == 'latest' then found = string.match(found, '^%S+ %S+ (%S+)') or '' end
    if found ~= value then return false end
  end
  local created = tonumber(values[#wanted + 1] or nil)
  if not (after or before) then return true end
  return created and (not after or created > after) and (not before or created < before) or false
end

local following = merge.open(list, newest, place.id ~= '' and place or nil)
local found, last, looked = {}, {}, 0
while #found < 2 * most and looked < budget do
  local id, score = following()
  -- In sets by id, or by a moment that no task reaches before it is there, the rest is outside too.
  if not id or least_score and tonumber(score) < least_score or kind == 'tag' and least_id ~= '' and id < least_id then
    return { 'ok', 'end', last, found }
  end
  last, looked = { score, id }, looked + 1
  if fits(id) then
    found[#found + 1] = id
    found[#found + 1] = score
  end
end
return { 'ok', 'more', last, found }
