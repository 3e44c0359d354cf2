#!lua flags=allow-oom
-- count: another partition tells what the job's tasks there have done. The latest version counts, so that it may
-- be told again, and late.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id, number of the other partition, version, running, succeeded, failed, cancelled
-- Returns  {'ok'}
-- Publishes due, final, outbox
--@include job_end

local id, branch, version = take(3)
local j = job.load(id)
if not j then return { 'ok' } end
local field, known = 'branch:' .. branch, {}
for number in string.gmatch(j[field] or '', '%S+') do known[#known + 1] = tonumber(number) end
if tonumber(version) <= (known[1] or 0) then return { 'ok' } end
local told = { version }
for i, name in ipairs({ 'running', 'succeeded', 'failed', 'cancelled' }) do
  local number = tonumber(take())
  j[name] = j[name] + number - (known[i + 1] or 0)
  told[#told + 1] = text(number)
end
redis.call('HSET', keys.job(id), field, table.concat(told, ' '))
job.touch(j)
job.flush()
partition.save()
signal.publish()
return { 'ok' }
