#!lua flags=allow-oom
-- sessions: how long sessions live on; one whose time is over ends here, for good.
-- Transition: session live -> ended (dead).
-- KEYS[1]  partition prefix
-- ARGV     header, then node, session ...
-- Returns  {'ok', ms it lives on or 'ended' ...}
-- Publishes ended
--@include session

outage.look()
local lives = { 'ok' }
while more() do lives[#lives + 1] = session.life(take(), take()) or 'ended' end
signal.publish()
return lives
