-- How every call begins. Redis keeps the parts of a script loaded between its calls, so what a part
-- remembers during one call it sets up anew by `at_begin`: there, and never when it is loaded.
local beginnings = {}
local function at_begin(set_up) beginnings[#beginnings + 1] = set_up end

-- The arguments that every call has.
--   ARGV[1]  epoch the service expects       ARGV[2]  now in ms ('' for Redis TIME)
--   ARGV[3]  lane ('' for none)              ARGV[4]  number of the group in its lane
--   ARGV[5]  mode of the verb ('' for the usual one)
-- `take` hands out the arguments behind them: the next one, or so many next ones.
local KEYS, ARGV, EPOCH, VIRTUAL_NOW, LANE, GROUP, MODE, taken
local function take(count)
  local first = taken + 1
  taken = taken + (count or 1)
  if not count then return ARGV[first] end
  return unpack(ARGV, first, taken)
end
-- A whole number as Redis wants it. Redis itself would write it as a double, which takes it
-- several times as long; the same few moments come again and again in a group.
local texts
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

-- Sets all parts up; an answer is that of the call, which has then nothing to do.
local function begin(key_names, arguments)
  KEYS, ARGV, taken, texts = key_names, arguments, 5, {}
  EPOCH, VIRTUAL_NOW, LANE, GROUP, MODE = unpack(ARGV, 1, 5)
  for _, set_up in ipairs(beginnings) do
    local answer = set_up()
    if answer then return answer end
  end
end
