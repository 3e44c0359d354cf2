#!lua
-- begin: a job comes into being, or one that its Idempotency-Key has made before goes on.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id, queue, uploader ('' for a range, whose tasks come by themselves),
--          idempotency scope or '', body digest, ms after which it is to have ended or '', number of fields,
--          field, value ...
-- Returns  {'ok', 'created'}, {'ok', 'unplaced'}, {'ok', 'key_reused'}, {'ok', 'gone'}, or for one that is there
--          {'ok', 'replayed' | 'in_progress' | 'resumed', id, items taken}
-- Publishes due, final, outbox
--@include job_end

local id, name, uploader, scope, body, deadline_ms, count = take(7)
local fields = { take(2 * count) }
if not queue.load(name) then return { 'ok', 'unplaced' } end

local known = scope ~= '' and redis.call('GET', keys.idempotency(scope))
if known then
  local known_body, known_id = string.match(known, '^(%S+) (%S+)$')
  if known_body ~= body then return { 'ok', 'key_reused' } end
  local j = job.load(known_id)
  if not j then return { 'ok', 'gone' } end
  if not j.open then return { 'ok', 'replayed', known_id, j.items } end
  if tonumber(j.upload_until) > partition.now then return { 'ok', 'in_progress', known_id, j.items } end
  -- A graph is staged from its beginning.
  if j.graph then redis.call('UNLINK', keys.job_stage(known_id)) end
  redis.call('HSET', keys.job(known_id), 'uploader', uploader, 'upload_until', text(partition.now + UPLOAD_LEASE_MS))
  return { 'ok', 'resumed', known_id, j.items }
end

redis.call('HSET', keys.job(id), 'queue', name, 'created', text(partition.now), unpack(fields))
redis.call('ZADD', keys.jobs, text(partition.now), id)
if deadline_ms ~= '' then redis.call('HSET', keys.job(id), 'deadline', text(partition.now + tonumber(deadline_ms))) end
local ends
if uploader ~= '' then
  ends = partition.now + UPLOAD_LEASE_MS
  redis.call('HSET', keys.job(id), 'open', '1', 'uploader', uploader, 'upload_until', text(ends))
  -- With a key the upload may go on as long as the key is remembered; a staged graph waits for an hour.
  if scope ~= '' then
    redis.call('HSET', keys.job(id), 'keyed', '1')
    ends = partition.now + (redis.call('HEXISTS', keys.job(id), 'graph') == 1 and STAGE_MS or IDEMPOTENCY_MS)
  end
end
if scope ~= '' then redis.call('SET', keys.idempotency(scope), body .. ' ' .. id, 'PX', IDEMPOTENCY_MS) end
job.watch(job.load(id), ends)
job.touch(job.load(id))
job.flush()
partition.save()
signal.publish()
return { 'ok', 'created' }
