#!lua flags=allow-oom
-- renew: an upload that is slow says that it is still there.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id, uploader
-- Returns  {'ok', 'done'}, or {'ok', 'closed'} when the job takes nothing more from this upload
-- Publishes nothing
--@include partition

local id, uploader = take(), take()
local record = redis.call('HMGET', keys.job(id), 'open', 'uploader')
if not record[1] or record[2] ~= uploader then return { 'ok', 'closed' } end
redis.call('HSET', keys.job(id), 'upload_until', text(partition.now + UPLOAD_LEASE_MS))
partition.save()
return { 'ok', 'done' }
