-- What becomes of an item whose unique key another task holds. An item's `unique` is
-- `DIGEST UNTIL TTL ON_CONFLICT`; the record keeps it without the last word.
--@needs uniqueness lifecycle
local conflict = {}

local WAITS = { queued = true, scheduled = true, blocked = true, retry_wait = true }

-- The outcome for an item that is not to be stored: {'duplicate', id} where the holder is the answer,
-- {'refused_duplicate', id}; nil when it may be. A plan is shared by the items of an atomic batch:
-- earlier ones hold their keys although nothing is written yet.
function conflict.outcome(item, plan)
  if item.unique == '' then return nil end
  local record, policy = string.match(item.unique, '^(.+) (%S+)$')
  item.unique_record = record
  local name = 'unique ' .. item.queue .. ' ' .. string.match(record, '^%S+')
  local planned = plan and plan[name]
  local holder = planned or uniqueness.holder(item.queue, record)
  if holder and policy == 'return' then return { 'duplicate', holder } end
  if holder and policy == 'reject' then return { 'refused_duplicate', holder } end
  if holder and not planned then
    local old = task.read(holder)
    if not old or not WAITS[old.state] then return { 'refused_duplicate', holder } end
  end
  item.replaces = holder
  if plan then plan[name] = item.id end
  return nil
end

-- Takes the key for the item, which conflict.outcome has let pass, and cancels the task it replaces.
function conflict.settle(item)
  if item.replaces then
    -- The old task may be of this very group: what it has entered must be there to be left.
    sets.flush()
    local old = task.read(item.replaces)
    -- Among ready tasks of one priority the new one takes the old one's place.
    if old.state == 'queued' and item.when == 'now' and tonumber(old.priority or 0) == item.priority then
      item.place = tonumber(old.score)
    end
    lifecycle.to_final(old, 'cancelled')
  end
  uniqueness.hold(item.queue, item.unique_record, item.id)
  item.fields[#item.fields + 1] = 'unique'
  item.fields[#item.fields + 1] = item.unique_record
end

-- Remembers an answer under the item's Idempotency-Key: a repetition gets the same task.
function conflict.remember(item, id)
  if item.scope ~= '' then
    redis.call('SET', keys.idempotency(item.scope), item.body .. ' ' .. id, 'PX', IDEMPOTENCY_MS)
  end
end
