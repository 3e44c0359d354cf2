#!lua flags=allow-oom
-- end_drains: finds the nodes whose time to drain is over; in mode 'settle' what they held has gone back.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, most nodes; mode 'settle': nodes
-- Returns  {'ok', node, session or '' ...}; in mode 'settle' {'ok'}
-- Publishes nothing
--@include partition

if MODE == 'settle' then
  while more() do
    local node = take()
    local due = tonumber(redis.call('ZSCORE', keys.drains, node) or nil)
    local since = tonumber(redis.call('HGET', keys.node(node), 'drain') or 0)
    if due and due <= partition.lease_now then
      if partition.now - since < DRAIN_NOTICE_MS then
        -- A replica that has not heard of it yet may have given the node more: once again, later.
        redis.call('ZADD', keys.drains, text(partition.lease_now + DRAIN_NOTICE_MS), node)
      else
        redis.call('ZREM', keys.drains, node)
      end
    end
  end
  partition.save()
  return { 'ok' }
end

local over = { 'ok' }
for _, node in ipairs(redis.call('ZRANGEBYSCORE', keys.drains, '-inf', partition.lease_now, 'LIMIT', 0, take())) do
  over[#over + 1] = node
  over[#over + 1] = redis.call('HGET', keys.node(node), 'session') or ''
end
return over
