#!lua
-- log: the node that holds the lease adds lines to the task's log, of which the last are kept.
-- Transition: none (running stays running).
-- KEYS[1]  partition prefix
-- ARGV     header, id, lease token, then lines
-- Returns  {'ok', 'done', lines ever}, {'ok', 'lease_lost'}, {'ok', 'not_found'}
-- Publishes nothing
--@include report

local t, refusal = report.open(take(), take())
if not t then return { 'ok', refusal[1] == 'not_found' and 'not_found' or 'lease_lost' } end
local key, count = keys.logs(t.id), tonumber(t.logs or 0)
while more() do
  redis.call('RPUSH', key, table.concat({ text(partition.now), text(t.attempt), take() }, ' '))
  count = count + 1
end
redis.call('LTRIM', key, -KEPT_LOG_LINES, -1)
task.write(t, 'logs', count)
partition.save()
return { 'ok', 'done', count }
