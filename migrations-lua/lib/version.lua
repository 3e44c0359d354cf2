-- The version of a task: a digest of its record, which every change of the task changes.
--@needs task
local version = {}

function version.of(t)
  local pairs_of = {}
  for i = 1, #t.flat, 2 do pairs_of[#pairs_of + 1] = t.flat[i] .. '=' .. t.flat[i + 1] end
  table.sort(pairs_of)
  return redis.sha1hex(table.concat(pairs_of, '\n'))
end
