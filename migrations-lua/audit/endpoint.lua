#!lua flags=no-writes
-- endpoint: what is stored about the endpoints of nodes and queues, each as of one moment, for the audit.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, then kind, name ...
-- Returns  {'ok', URL in the record of the node or queue or '', listed ('1' | '0'), {field, value ...} of the
--          endpoint's record ... (three an endpoint)}; of a secret it says that it is there
-- Publishes nothing
--@include partition

local URL = { node = 'endpoint', queue = 'target' }
local facts = { 'ok' }
while more() do
  local kind, name = take(2)
  local owner = kind == 'node' and keys.node(name) or keys.queue(name)
  local record = redis.call('HGETALL', keys.endpoint(kind, name))
  for i = 1, #record, 2 do
    if record[i] == 'secret' or record[i] == 'secret_before' then record[i + 1] = '1' end
  end
  facts[#facts + 1] = redis.call('HGET', owner, URL[kind]) or ''
  facts[#facts + 1] = redis.call('ZSCORE', keys.endpoints, kind .. ':' .. name) and '1' or '0'
  facts[#facts + 1] = record
end
return facts
