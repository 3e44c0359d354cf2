-- Unique tasks: one task at a time holds a key of its queue, from its submit until it starts,
-- finishes, or the key's time is over. Only records with the field `unique` (DIGEST UNTIL TTL) pay.
--@needs keys
local uniqueness = {}

-- What the text of an item or record says: the digest of the key, until when, ms or '-'.
local function parts(text) return string.match(text, '^(%S+) (%S+) (%S+)') end

-- The id of the task that holds the key, or nil.
function uniqueness.holder(name, text)
  return redis.call('GET', keys.unique(name, (parts(text)))) or nil
end

-- The task holds the key from now on.
function uniqueness.hold(name, text, id)
  local digest, _, ttl = parts(text)
  if ttl == '-' then
    redis.call('SET', keys.unique(name, digest), id)
  else
    redis.call('SET', keys.unique(name, digest), id, 'PX', ttl)
  end
end

-- Gives the key back, unless another task has got it by now.
function uniqueness.free(t)
  if uniqueness.holder(t.queue, t.unique) == t.id then
    redis.call('DEL', keys.unique(t.queue, (parts(t.unique))))
  end
end

-- The task starts, or its run has ended.
function uniqueness.start(t)
  if string.find(t.unique, ' started ', 1, true) then uniqueness.free(t) end
end
function uniqueness.finish(t)
  if not string.find(t.unique, ' ttl ', 1, true) then uniqueness.free(t) end
end
