#!lua flags=allow-oom
-- trim: deletes finished tasks of one queue and state that are too old or too many.
-- Transition: succeeded | failed | cancelled | expired -> none.
-- KEYS[1]  partition prefix
-- ARGV     header, queue, state, ms to keep, most to keep, most tasks to delete now
-- Returns  {'ok', number of tasks deleted}
-- Publishes nothing
--@include constants header keys partition task

local set = keys.state(take(), take())
local keep_ms, keep_count, most = tonumber(take()), tonumber(take()), tonumber(take())
local ids = redis.call('ZRANGEBYSCORE', set, '-inf', partition.now - keep_ms, 'LIMIT', 0, most)
local surplus = math.min(most, redis.call('ZCARD', set) - keep_count)
if surplus > #ids then ids = redis.call('ZRANGE', set, 0, surplus - 1) end
for _, id in ipairs(ids) do
  local t = task.read(id)
  if t then
    redis.call('UNLINK', unpack(task.keys(t)))
    -- A row of the outbox may come again for 10 minutes: it must not create the task anew.
    if t.origin then redis.call('ZADD', keys.gone, partition.now, id) end
  end
end
if ids[1] then redis.call('ZREM', set, unpack(ids)) end
redis.call('ZREMRANGEBYSCORE', keys.gone, '-inf', partition.now - GONE_MS)
return { 'ok', #ids }
