#!lua flags=allow-oom
-- remove: deletes a page of the finished tasks of a queue and then, when none is left, the queue.
-- Transition: succeeded | failed | cancelled | expired -> none.
-- KEYS[1]  partition prefix
-- ARGV     header, queue, most tasks
-- Returns  {'ok', 'done', the seat it had or ''}, {'ok', 'more'} to be called again, {'ok', 'not_found'}, or
--          {'ok', 'has_tasks'} for one with tasks that are not finished
-- Publishes classes: what is known of them is no more; endpoint
--@include deletion endpoint

local name, most = take(), tonumber(take())
if redis.call('HEXISTS', keys.queue(name), 'created') == 0 then return { 'ok', 'not_found' } end
for _, state in ipairs({ 'queued', 'scheduled', 'blocked', 'running', 'retry_wait' }) do
  if redis.call('EXISTS', keys.state(name, state)) == 1 then return { 'ok', 'has_tasks' } end
end

for _, state in ipairs({ 'succeeded', 'failed', 'cancelled', 'expired' }) do
  local set = keys.state(name, state)
  local ids = redis.call('ZRANGE', set, 0, most - 1)
  for _, id in ipairs(ids) do
    local t = task.read(id)
    if t then deletion.delete(t, true) end
  end
  if ids[1] then
    redis.call('ZREM', set, unpack(ids))
    sets.flush()
    return { 'ok', 'more' }
  end
end

local seat = redis.call('GET', keys.of_queue('seat', name))
redis.call('DEL', keys.of_queue('seat', name), keys.queue(name), keys.classes(name), keys.heads(name), keys.of_queue('weights', name), keys.of_queue('owed', name),
  keys.of_queue('paces', name),
  keys.of_queue('busy', name), keys.of_queue('rates', name), keys.of_queue('parked', name), keys.of_queue('unparked', name))
redis.call('ZREM', keys.openings, name)
redis.call('ZREM', keys.queues, name)
redis.call('HINCRBY', keys.meta, 'removed', 1)
endpoint.clear('queue', name)
signal.line('classes ' .. name)
signal.publish()
return { 'ok', 'done', seat or '' }
