-- The task's record: a small hash. Long documents stand in keys of their own, named by the letters in
-- `long`; one field above hash-max-listpack-value would turn the whole hash into a table.
--@needs keys
local DOCUMENTS = { p = 'payload', r = 'result', m = 'metadata', e = 'error' }
local task = {}

-- The latest attempt is one field of the record, `latest`: who has it, then its times (lib/attempts.lua),
-- '-' for what is absent.
local WHO = '^(%S+) (%S+) (%S+) (%S+) '
local function present(value) if value ~= '-' then return value end end

-- The record as a table of its fields, or nil. `flat` is the record as a reply shows it.
function task.read(id)
  local flat = redis.call('HGETALL', keys.task(id))
  if not flat[1] then return nil end
  local t = { id = id, flat = flat }
  for i = 1, #flat, 2 do t[flat[i]] = flat[i + 1] end
  if t.latest then
    t.attempt, t.token, t.node, t.session = string.match(t.latest, WHO)
    t.session = present(t.session)
  end
  return t
end

-- Writes pairs of field and value.
function task.write(t, ...)
  local changes, flat = { ... }, t.flat
  local known = #flat
  for i = 1, #changes, 2 do
    local field, value = changes[i], text(changes[i + 1])
    changes[i + 1], t[field] = value, value
    flat[known + i], flat[known + i + 1] = field, value
  end
  redis.call('HSET', keys.task(t.id), unpack(changes))
end

function task.erase(t, ...)
  local rest = {}
  for _, field in ipairs({ ... }) do t[field] = nil end
  for i = 1, #t.flat, 2 do
    local field, value = t.flat[i], t.flat[i + 1]
    if t[field] then rest[#rest + 1], rest[#rest + 2] = field, value end
  end
  t.flat = rest
  redis.call('HDEL', keys.task(t.id), ...)
end

-- Stores a document and returns the field and value that the record is to get: `place` is a
-- letter for a long one, which stands in a key of its own, or the field's name for a short one.
function task.document_field(t, place, document)
  if not DOCUMENTS[place] then return place, document end
  redis.call('SET', keys.document(DOCUMENTS[place], t.id), document)
  local long = t.long or ''
  return 'long', string.find(long, place, 1, true) and long or long .. place
end

-- A document's text, wherever it stands.
function task.document(t, letter)
  if t.long and string.find(t.long, letter, 1, true) then
    return redis.call('GET', keys.document(DOCUMENTS[letter], t.id))
  end
  return t[DOCUMENTS[letter]]
end

-- Drops a document.
function task.erase_document(t, letter)
  local rest, found = string.gsub(t.long or '', letter, '')
  if found > 0 then
    redis.call('DEL', keys.document(DOCUMENTS[letter], t.id))
    task.write(t, 'long', rest)
  elseif t[DOCUMENTS[letter]] then
    task.erase(t, DOCUMENTS[letter])
  end
end

-- The whole task as field, value, field, value ... for a reply; of a field that comes twice, the last counts.
function task.whole(t)
  local flat = t.flat
  for letter in string.gmatch(t.long or '', '.') do
    flat[#flat + 1], flat[#flat + 2] = DOCUMENTS[letter], redis.call('GET', keys.document(DOCUMENTS[letter], t.id)) or 'null'
  end
  if t.parents then
    flat[#flat + 1], flat[#flat + 2] = 'depends_on', redis.call('GET', keys.edges(t.id)) or ''
  end
  return flat
end

-- Every key of a task, for deletion or a time to live.
function task.keys(t)
  local all = { keys.task(t.id) }
  if not t.long and not t.logs and not t.run and t.attempt == '1' and not t.parents then return all end
  for letter in string.gmatch(t.long or '', '.') do
    all[#all + 1] = keys.document(DOCUMENTS[letter], t.id)
  end
  if t.logs then all[#all + 1] = keys.logs(t.id) end
  if t.parents then all[#all + 1], all[#all + 2] = keys.edges(t.id), keys.answers(t.id) end
  if tonumber(t.attempt or 0) > 1 or t.run then all[#all + 1] = keys.attempts(t.id) end
  return all
end
