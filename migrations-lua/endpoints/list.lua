#!lua flags=no-writes
-- list: the endpoints that tasks are pushed to, with their secrets: for the service, never for its callers.
-- KEYS[1]  partition prefix
-- ARGV     header, then kind, name ...; none for all of the partition
-- Returns  {'ok', now ms, {kind, name, URL or '', names of queues (JSON) or '', most pushes at once or '',
--          {field, value ...} of its record} ...}
-- Publishes nothing
--@include partition

local wanted = {}
while more() do wanted[#wanted + 1] = { take(), take() } end
if not wanted[1] then
  for _, member in ipairs(redis.call('ZRANGE', keys.endpoints, 0, -1)) do
    local colon = string.find(member, ':', 1, true)
    wanted[#wanted + 1] = { string.sub(member, 1, colon - 1), string.sub(member, colon + 1) }
  end
end

local found = { 'ok', partition.now }
for _, owner in ipairs(wanted) do
  local kind, name = owner[1], owner[2]
  local owned
  if kind == 'node' then
    owned = redis.call('HMGET', keys.node(name), 'endpoint', 'endpoint_queues')
    owned[3] = ''
  else
    owned = redis.call('HMGET', keys.queue(name), 'target', 'target', 'target_concurrency')
    owned[2] = ''
  end
  local record = redis.call('HGETALL', keys.endpoint(kind, name))
  found[#found + 1] = { kind, name, owned[1] or '', owned[2] or '', owned[3] or '', record }
end
return found
