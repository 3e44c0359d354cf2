#!lua flags=no-writes
-- task: all that is stored about tasks, each as of one moment, for the audit to judge.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, number of states, the states, then tasks: id, how it was found ('member' of a
--          sorted set, 'key' of its own, '' otherwise), that set or key
-- Returns  {'ok', facts ...}, each {found there still ('1' | '0'), {field, value ...},
--          {state, score ...} of the sets it stands in, then its scores or false as ready, lease,
--          held, due and expiry, {key, ms to live or -1 ...} of its keys that exist, {those of its
--          tags under which it does not stand}, the task that holds its unique key or false, its
--          fairness key if that is to take turns and does not, or false, number of tasks that it waits for}
-- Publishes nothing
--@include parked task uniqueness

local states = {}
for i = 1, tonumber(take()) do states[i] = take() end

local function is_still_there(how, key, id)
  if how == 'member' then return redis.call('ZSCORE', key, id) end
  return how == '' or redis.call('EXISTS', key) == 1
end

local function standing(t)
  local sets_of = {}
  for _, state in ipairs(states) do
    local score = redis.call('ZSCORE', keys.state(t.queue, state), t.id)
    if score then
      sets_of[#sets_of + 1] = state
      sets_of[#sets_of + 1] = score
    end
  end
  return sets_of
end

local function lives(id)
  local all = {}
  local function look(kind, key)
    local left = redis.call('PTTL', key)
    if left ~= -2 then
      all[#all + 1] = kind
      all[#all + 1] = left
    end
  end
  look('task', keys.task(id))
  look('attempts', keys.attempts(id))
  look('logs', keys.logs(id))
  look('edges', keys.edges(id))
  look('pending', keys.pending(id))
  look('answers', keys.answers(id))
  for _, kind in pairs(DOCUMENTS) do look(kind, keys.document(kind, id)) end
  return all
end

local function not_found_by(t)
  local tags = {}
  for _, tag in ipairs(t.tags and cjson.decode(t.tags) or {}) do
    if not redis.call('ZSCORE', keys.tag(t.queue, tag), t.id) then tags[#tags + 1] = tag end
  end
  return tags
end

-- The key of a ready task takes turns, or stands at a limit; and where there are several classes, it is found
-- by that of the task as well.
local function lost_key(t)
  local q = t.state == 'queued' and redis.call('HMGET', keys.queue(t.queue), 'fair', 'split') or {}
  local key, class = t.fairness_key or '', t.class or '0'
  if not q[1] then return false end
  local turns = redis.call('ZSCORE', keys.of_queue('shares', t.queue), key)
  if q[2] then
    local first = redis.call('ZRANGE', keys.line(t.queue, class, key), 0, 0, 'WITHSCORES')[2]
    local head = class == '0' and first or redis.call('ZSCORE', keys.in_queue('key_heads', t.queue, key), class)
    turns = turns and redis.call('ZSCORE', keys.in_queue('class_shares', t.queue, class), key) and head == first
  end
  return not turns and not is_parked(t.queue, 'k' .. key) and key
end

local replies = { 'ok' }
while more() do
  local id, how, key = take(), take(), take()
  local t = task.read(id) or { id = id }
  local queue_of = t.queue or ''
  replies[#replies + 1] = {
    is_still_there(how, key, id) and '1' or '0',
    redis.call('HGETALL', keys.task(id)),
    t.queue and standing(t) or {},
    redis.call('ZSCORE', keys.line(queue_of, t.class or '0', t.fairness_key or ''), id),
    redis.call('ZSCORE', keys.leases, id),
    redis.call('ZSCORE', keys.held(t.node or '', t.session or ''), id),
    redis.call('ZSCORE', keys.due, id),
    redis.call('ZSCORE', keys.expiries, id),
    lives(id),
    not_found_by(t),
    t.unique and uniqueness.holder(queue_of, t.unique) or false,
    lost_key(t),
    redis.call('HLEN', keys.pending(id)),
  }
end
return replies
