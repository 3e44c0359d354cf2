-- The arguments that every script begins with.
--   ARGV[1]  epoch the service expects       ARGV[2]  now in ms ('' for Redis TIME)
--   ARGV[3]  lane ('' for none)              ARGV[4]  number of the group in its lane
--   ARGV[5]  mode of the verb ('' for the usual one)
-- `take` hands out the arguments behind them: the next one, or so many next ones.
local EPOCH, VIRTUAL_NOW, LANE, GROUP, MODE = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local taken = 5
local function take(count)
  local first = taken + 1
  taken = taken + (count or 1)
  if not count then return ARGV[first] end
  return unpack(ARGV, first, taken)
end
-- A whole number as Redis wants it. Redis itself would write it as a double, which takes it
-- several times as long; the same few moments come again and again in a group.
local texts = {}
local function text(number)
  if type(number) ~= 'number' then return number end
  local known = texts[number]
  if not known then
    known = string.format('%d', number)
    texts[number] = known
  end
  return known
end
local function more()
  return taken < #ARGV
end
