#!lua flags=no-writes
-- explain: what decides when a task runs: its record, its queue's pace, how many go first, which limits hold it.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id, ms of which the ends are counted, most parents to name, number of final states, the states
-- Returns  {'ok', {'done', now, state, task, paused ('1' | '0'), ready tasks that go first or -1,
--          ms when the queue last gave or ended a task or 0, runs ended in that time, {limit that holds it, ms
--          when that lets go or 0 ...}, {parents that it waits for, some of their ids ...}}},
--          {'ok', {'not_found'}}
-- Publishes nothing
--@include lane task standing

local id, window, most, finals = take(), tonumber(take()), tonumber(take()), { take(tonumber(take())) }
local t = task.read(id)
if not t then return { 'ok', { 'not_found' } } end
local q = queue.load(t.queue)

local latest, ended = 0, 0
local function look(state)
  local last = redis.call('ZRANGE', keys.state(q.name, state), -1, -1, 'WITHSCORES')[2]
  latest = math.max(latest, tonumber(last or 0))
end
look('running')
for _, state in ipairs(finals) do
  look(state)
  ended = ended + redis.call('ZCOUNT', keys.state(q.name, state), partition.now - window, '+inf')
end

-- Whom it waits for: how many, and some of them.
local function pending()
  if t.state ~= 'blocked' then return { 0 } end
  local waits, page = { redis.call('HLEN', keys.pending(id)) }, redis.call('HSCAN', keys.pending(id), 0, 'COUNT', most)
  for i = 1, math.min(2 * most, #page[2]), 2 do waits[#waits + 1] = page[2][i] end
  return waits
end
return { 'ok', { 'done', partition.now, t.state, task.whole(t), q.paused and '1' or '0', standing.ahead(q, t),
  latest, ended, standing.limits(q, t), pending() } }
