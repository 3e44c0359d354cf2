#!lua
-- complete_large: complete, for large results and for those with children: without `allow-oom`, so
-- that a Redis at its memory limit refuses it before it begins.
-- Transition: as complete.lua
-- KEYS[1]  partition prefix
-- ARGV     as complete.lua
-- Returns  as complete.lua
-- Publishes as complete.lua
--@include completion

return completion.run()
