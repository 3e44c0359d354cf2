#!lua flags=allow-oom
-- trim: deletes finished tasks of one queue and state: those that are too old, the oldest of too many,
-- and the oldest while the queue's finished tasks hold too many bytes.
-- Transition: succeeded | failed | cancelled | expired -> none.
-- KEYS[1]  partition prefix
-- ARGV     header, queue, state, ms to keep, most to keep, most bytes to keep or '', most tasks to delete now
-- Returns  {'ok', number of tasks deleted}
-- Publishes nothing
--@include constants header keys partition sets signal queue job task retention

local name, set = take(), nil
set = keys.state(name, take())
local keep_ms, keep_count, keep_bytes, most = tonumber(take()), tonumber(take()), tonumber(take()), tonumber(take())

local function delete(id)
  local t = task.read(id)
  if not t then return end
  redis.call('UNLINK', unpack(task.keys(t)))
  if t.job then job.forget(t) end
  retention.finish(t)
  -- A row of the outbox may come again for 10 minutes: it must not create the task anew.
  if t.origin then redis.call('ZADD', keys.gone, partition.now, id) end
end

local ids = redis.call('ZRANGEBYSCORE', set, '-inf', partition.now - keep_ms, 'LIMIT', 0, most)
local surplus = math.min(most, redis.call('ZCARD', set) - keep_count)
if surplus > #ids then ids = redis.call('ZRANGE', set, 0, surplus - 1) end
for _, id in ipairs(ids) do delete(id) end

local function holds_too_much()
  return keep_bytes and tonumber(redis.call('HGET', keys.queue(name), 'finished_bytes') or 0) > keep_bytes
end
if #ids < most and holds_too_much() then
  for _, id in ipairs(redis.call('ZRANGE', set, #ids, most - 1)) do
    if not holds_too_much() then break end
    delete(id)
    ids[#ids + 1] = id
  end
end
if ids[1] then redis.call('ZREM', set, unpack(ids)) end
sets.flush()

local forgotten = redis.call('ZRANGEBYSCORE', keys.gone, '-inf', partition.now - GONE_MS, 'LIMIT', 0, 1000)
if forgotten[1] then redis.call('ZREM', keys.gone, unpack(forgotten)) end
return { 'ok', #ids }
