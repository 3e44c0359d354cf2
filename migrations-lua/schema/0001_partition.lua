#!lua
-- 0001: a partition comes into being: its epoch, and how many partitions there are.
-- KEYS[1]  partition prefix
-- ARGV[1]  epoch  ARGV[2]  number of partitions of the deployment
-- Returns  {'ok'}
local meta = KEYS[1] .. ':meta'
redis.call('HSET', meta, 'epoch', ARGV[1], 'partitions', ARGV[2], 'schema', 1)
return { 'ok' }
