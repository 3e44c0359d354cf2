#!lua flags=no-writes
-- list: looks through sets of tasks, read as one, for those that fit.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header; what has to be here: 'queue' | 'job' and its name, or '' twice; order ('newest' | 'first'), kind of
--          the sets ('state' | 'ready' | 'held' | 'tag' | 'job_tasks'), '1' when scores are moments or '', ms created
--          after and before or '', and the ids from which on tasks are certainly not before these; number of fields
--          that must have a value, field, value ('' for absent) ...; score and id of the place behind which to begin, or
--          '' twice, most tasks to find, most members to look at, most records to read; then the sets: both names
--          that their key is drawn from.
-- Returns  {'ok', 'not_found'} for what has to be here, or {'ok', 'end' | 'more', members looked at, records read, {score, id
--          of the last member looked at} or {}, {id, score ...}}. Of a job's tasks, those in other partitions come unjudged.
-- Publishes nothing
--@include partition merge

local owner, name = take(2)
local newest, kind, is_by_moment = take() == 'newest', take(), take() == '1'
local after, before = tonumber((take())), tonumber((take()))
local surely_after, surely_behind = take(2)
local wanted, count = {}, tonumber(take())
for i = 1, count do wanted[i] = { take(2) } end
local place = { score = take(), id = take() }
local most, members, records = tonumber(take()), tonumber(take()), tonumber(take())
local list, home = {}, nil
while more() do
  local first, second = take(2)
  if kind == 'job_tasks' then home = string.sub(first, -3) end
  list[#list + 1] = keys[kind](first, second)
end
if owner ~= '' and redis.call('HEXISTS', keys[owner](name), 'created') == 0 then return { 'ok', 'not_found' } end

-- The fields to read, and the same with the moment of the submit.
local fields, dated = {}, {}
for i, pair in ipairs(wanted) do fields[i], dated[i] = pair[1], pair[1] end
dated[#dated + 1] = 'created'

local function values_of(id, names)
  if names[2] then return redis.call('HMGET', keys.task(id), unpack(names)) end
  return { redis.call('HGET', keys.task(id), names[1]) }
end

local function is(field, found, value)
  if field == 'tags' then return string.find(found, value, 1, true) end
  if field == 'latest' then found = string.match(found, '^%S+ %S+ (%S+)') or '' end
  if field == 'job' then found = string.match(found, '^%x+') or '' end
  return found == value
end

local read = 0
local function fits(id)
  -- An id is made before its task is stored, perhaps long before: it says only from when on.
  if before and id >= surely_behind then return false end
  if home and string.sub(id, -3) ~= home then return true end
  local is_dated = before or after and id < surely_after
  local names = is_dated and dated or fields
  if not names[1] then return true end
  read = read + 1
  local values = values_of(id, names)
  for i = 1, count do
    if not is(fields[i], values[i] or '', wanted[i][2]) then return false end
  end
  if not is_dated then return true end
  local created = tonumber(values[count + 1] or nil)
  return created and (not after or created > after) and (not before or created < before)
end

-- No task reaches a moment before it is there, but for what the clock has been set back.
local least_score = is_by_moment and after and after + 1 - (partition.lease_now - partition.now)
if place.id == '' then place = not newest and least_score and { score = text(least_score), id = '' } end
local following = merge.open(list, newest, place)
local found, last, looked = {}, {}, 0
while #found < 2 * most and looked < members and read < records do
  local id, score = following()
  if not id or least_score and tonumber(score) < least_score then
    return { 'ok', 'end', looked, read, last, found }
  end
  last, looked = { score, id }, looked + 1
  if fits(id) then
    found[#found + 1] = id
    found[#found + 1] = score
  end
end
return { 'ok', 'more', looked, read, last, found }
