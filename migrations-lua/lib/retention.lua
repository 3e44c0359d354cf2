-- How long finished tasks are kept, and how many bytes they hold: counted for queues with max_bytes.
--@needs queue task
local retention = {}

local function bytes_of(t)
  local bytes = 0
  for _, letter in ipairs({ 'p', 'r' }) do
    if t.long and string.find(t.long, letter, 1, true) then
      bytes = bytes + redis.call('STRLEN', keys.document(DOCUMENTS[letter], t.id))
    else
      bytes = bytes + #(t[DOCUMENTS[letter]] or '')
    end
  end
  return bytes
end

-- The task has finished. The time to live on its keys is the backstop of the trim sweep.
function retention.begin(t)
  local q, keep = queue.load(t.queue), KEEP_SUCCEEDED_MS
  if q.keep_succeeded_ms then keep = tonumber(q.keep_succeeded_ms) + KEEP_SLACK_MS end
  if t.state == 'failed' then
    keep = q.keep_failed_ms and tonumber(q.keep_failed_ms) + KEEP_SLACK_MS or KEEP_FAILED_MS
  end
  for _, key in ipairs(task.keys(t)) do redis.call('PEXPIRE', key, text(keep)) end
  if q.max_bytes then
    task.write(t, 'bytes', bytes_of(t))
    redis.call('HINCRBY', keys.queue(q.name), 'finished_bytes', t.bytes)
  end
end

-- The task is finished no more: it runs again, or is deleted.
function retention.finish(t)
  if t.bytes then redis.call('HINCRBY', keys.queue(t.queue), 'finished_bytes', -t.bytes) end
end
