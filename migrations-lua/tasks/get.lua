#!lua flags=no-writes
-- get: reads tasks as they are.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, then ids. Mode 'brief': without payloads, which come as null, and results.
-- Returns  {'ok', outcome ...}, each {'done', state, task}, {'purged'} or {'not_found'}
-- Publishes nothing
--@include lane queue task

-- The record without what may be large, wherever it stands.
local function brief(t)
  t.long = string.gsub(t.long or '', '[pr]', '')
  local flat = {}
  for i = 1, #t.flat, 2 do
    if t.flat[i] ~= 'payload' and t.flat[i] ~= 'result' then
      flat[#flat + 1] = t.flat[i]
      flat[#flat + 1] = t.flat[i + 1]
    end
  end
  flat[#flat + 1] = 'payload'
  flat[#flat + 1] = 'null'
  t.flat, t.parents = flat, nil
  return task.whole(t)
end

local replies = { 'ok' }
while more() do
  local id = take()
  local t = task.read(id)
  replies[#replies + 1] = t and { 'done', t.state, MODE == 'brief' and brief(t) or task.whole(t) }
    or redis.call('ZSCORE', keys.gone, id) and { 'purged' } or { 'not_found' }
end
return replies
