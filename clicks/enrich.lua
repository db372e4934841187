-- Keeps what a bridge page told of a click, once: the first word stands, however often and from however many it comes.
--
-- KEYS  the click's sorted set
-- ARGV  time of the click in ms, beginning of the enrichment's record (kind and random bytes), the record, lifetime in s
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], ARGV[1])) do
    if string.sub(member, 1, #ARGV[2]) == ARGV[2] then return 0 end
end
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
