-- What follows from other limits, a page at a time: running tasks are counted, and what the limits before
-- held is let go, to be held again by whoever finds it at a limit.
--@needs task queue
local limit_change = {}
local PAGE = 500

-- What is parked is to be looked at again, all of it.
local function let_go(name)
  local parked, unparked = keys.parked(name), keys.unparked(name)
  if redis.call('EXISTS', parked) == 0 or redis.call('RENAMENX', parked, unparked) == 1 then return end
  redis.call('ZUNIONSTORE', unparked, 2, unparked, parked)
  redis.call('UNLINK', parked)
end

-- The queue's record has other limits, or none any more: the counting begins anew, under another number.
function limit_change.begin(name)
  local key = keys.queue(name)
  local record = redis.call('HMGET', key, 'limit_running', 'limit_rate', 'limit_running_per_key',
    'limit_rate_per_key', 'limit_types', 'typed', 'limited', 'countings')
  local before, limited, types = record[6] or '', record[7], record[5] or ''
  local any = record[1] or record[2] or record[3] or record[4] or record[5]
  if not any and not limited then return end
  redis.call('HDEL', key, 'limited', 'counts', 'typed', 'recount')
  redis.call('UNLINK', keys.busy(name))
  let_go(name)
  local typed = ''
  if any then
    redis.call('HSET', key, 'limited', redis.call('HINCRBY', key, 'countings', 1))
    local definitions = types ~= '' and redis.call('HGETALL', keys.classes(name)) or {}
    for i = 1, #definitions, 2 do
      local of = string.match(definitions[i], '^{"type":"([^"]+)"')
      if string.find(';' .. types, ';' .. of .. ' ', 1, true) then typed = typed .. ' ' .. definitions[i + 1] .. ':' .. of end
    end
    if typed ~= '' then redis.call('HSET', key, 'typed', typed) end
    if record[3] or string.find(types, '%S+ %d+ ') then
      redis.call('HSET', key, 'counts', '1', 'recount', redis.call('ZCARD', keys.state(name, 'running')))
    end
  end
  local q = queue.load(name)
  for class in string.gmatch(before .. typed, ' (%d+):') do queue.touch(q, class) end
  local waiting = redis.call('ZCARD', keys.state(name, 'queued'))
  if waiting > 0 then signal.ready(name, waiting) end
end

-- From the latest to the first, by rank: what ends meanwhile moves the others to ranks not yet seen.
local function count_page(q)
  local last = tonumber(q.recount)
  local first = math.max(0, last - PAGE)
  for _, id in ipairs(last > 0 and redis.call('ZRANGE', keys.state(q.name, 'running'), first, last - 1) or {}) do
    local t = task.read(id)
    if t then open_limits().count_in(q, t) end
  end
  q.recount = first > 0 and text(first) or nil
  if q.recount then
    redis.call('HSET', keys.queue(q.name), 'recount', q.recount)
  else
    redis.call('HDEL', keys.queue(q.name), 'recount')
    let_go(q.name)
  end
end

-- Does a page; whether there is more. Until all are counted, what is counted starts nothing.
function limit_change.settle(q)
  if q.recount then count_page(q) end
  if not q.recount then
    local scopes = redis.call('ZPOPMIN', keys.unparked(q.name), PAGE)
    for i = 1, #scopes, 2 do open_limits().reopen(q, scopes[i]) end
  end
  if not q.recount and redis.call('EXISTS', keys.unparked(q.name)) == 0 then return false end
  redis.call('ZADD', keys.openings, text(partition.lease_now), q.name)
  signal.due(partition.now)
  return true
end
