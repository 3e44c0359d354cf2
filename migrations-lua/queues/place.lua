#!lua
-- place: a queue comes into being in its partition, unless it is there.
-- KEYS[1]  partition prefix
-- ARGV     header, queue, its seat, '' at its home
-- Returns  {'ok', 'new' | 'known'}, {'ok', 'elsewhere', partition, seat} at its home when it belongs into another
--          partition, or {'ok', 'unplaced'} there when it has not that seat any more
-- Publishes nothing
--@include placing

local name, seat = take(2)
if redis.call('HEXISTS', keys.queue(name), 'created') == 1 then return { 'ok', 'known' } end
local refusal = placing.refusal(name, seat)
if refusal then return refusal end
placing.begin(name)
return { 'ok', 'new' }
