#!lua flags=no-writes
-- rows: reads the first rows of the outbox.
-- KEYS[1]  partition prefix
-- ARGV     header, most rows
-- Returns  {'ok', {row id, kind, body} ...}
-- Publishes nothing
--@include partition

local rows = { 'ok' }
for _, entry in ipairs(redis.call('XRANGE', keys.outbox, '-', '+', 'COUNT', take())) do
  rows[#rows + 1] = { entry[1], entry[2][2], entry[2][4] }
end
return rows
