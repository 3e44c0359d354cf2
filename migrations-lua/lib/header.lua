-- The arguments that every script begins with.
--   ARGV[1]  epoch the service expects       ARGV[2]  now in ms ('' for Redis TIME)
--   ARGV[3]  lane ('' for none)              ARGV[4]  number of the group in its lane
--   ARGV[5]  mode of the verb ('' for the usual one)
-- `take` hands out the arguments behind them, one after another.
local EPOCH, VIRTUAL_NOW, LANE, GROUP, MODE = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local taken = 5
local function take()
  taken = taken + 1
  return ARGV[taken]
end
-- A whole number as Redis wants it. Redis itself would write it as a double, which takes it
-- several times as long.
local function text(number)
  return type(number) == 'number' and string.format('%d', number) or number
end
local function more()
  return taken < #ARGV
end
