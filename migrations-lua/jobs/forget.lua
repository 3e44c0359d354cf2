#!lua flags=allow-oom
-- forget: a job that had tasks in this partition is no more.
-- Transition: none.
-- KEYS[1]  partition prefix
-- ARGV     header, id
-- Returns  {'ok'}
-- Publishes nothing
--@include partition

redis.call('UNLINK', keys.job(take()))
return { 'ok' }
