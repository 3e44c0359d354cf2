#!lua flags=allow-oom
-- tally: notes what came of nodes' attempts of late, as the service has added it up. Of two replicas that
-- note at the same moment one may be forgotten: these are means.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, then node, JSON of its tallies ...
-- Returns  {'ok'}
-- Publishes nothing
--@include partition

while more() do
  local node, tallies = take(2)
  if redis.call('EXISTS', keys.node(node)) == 1 then redis.call('HSET', keys.node(node), 'work', tallies) end
end
return { 'ok' }
