#!lua flags=no-writes
-- stats: exact numbers of one queue.
-- KEYS[1]  partition prefix
-- ARGV     header, queue, ms over which finished runs are counted, number of classes that no node runs,
--          these, then the states in the order of the reply
-- Returns  {'ok', paused ('1' | '0'), age ms of the oldest ready task, finished in that time,
--          submits counted, ms they took, {count ...}, ready tasks that no limit holds,
--          ready tasks of those classes} or {'ok', 'not_found'}
-- Publishes nothing
--@include claimable

local name, window, unplaced = take(), tonumber(take()), 0
for _ = 1, tonumber(take()) do unplaced = unplaced + redis.call('ZCARD', keys.ready(name, take())) end
local record = redis.call('HMGET', keys.queue(name), 'created', 'paused', 'submitted', 'marked_before_at', 'marked_before')
if not record[1] then return { 'ok', 'not_found' } end

local counts, finished = {}, 0
while more() do
  local state = take()
  local set = keys.state(name, state)
  counts[#counts + 1] = redis.call('ZCARD', set)
  if state == 'succeeded' or state == 'failed' or state == 'cancelled' or state == 'expired' then
    finished = finished + redis.call('ZCOUNT', set, partition.now - window, '+inf')
  end
end
local oldest = redis.call('ZRANGE', keys.state(name, 'queued'), 0, 0, 'WITHSCORES')[2]
local age = oldest and math.max(0, partition.now - tonumber(oldest)) or 0
local since = partition.now - tonumber(record[4] or record[1])
local ready = claimable(queue.load(name))
return { 'ok', record[2] or '0', age, finished, tonumber(record[3] or 0) - tonumber(record[5] or 0), since, counts, ready, unplaced }
