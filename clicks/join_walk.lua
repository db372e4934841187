-- Says that somebody walks through all clicks, and answers who does: their names, sorted.
--
-- KEYS  the walkers: name, time of its last word in s
-- ARGV  the name, how many seconds a word lasts
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
local names = redis.call('ZRANGE', KEYS[1], 0, -1)
table.sort(names)
return names
