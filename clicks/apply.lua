-- Stores a batch of clicks and counts its visits, however often the batch is sent. Answers 0 where the texts that its
-- records refer to are gone, else 1.
--
-- KEYS  the counts hash, the writer's bitmap of counted batches, a hash of texts, then one sorted set per row
-- ARGV  click lifetime in s, bitmap lifetime in s, the batch's number (-1: no counts here), a field that the hash of
--       texts holds as long as its texts are there ('': do not look), number of count fields, then field and visits
--       for each, then time in ms and record for each row
--
-- A row sent twice is the same member with the same score: nothing happens. A count sent twice finds its bit set.
local lifetime = tonumber(ARGV[1])
local batch, fields = tonumber(ARGV[3]), tonumber(ARGV[5])
local at = 6 + 2 * fields
for i = 4, #KEYS do
    local time = ARGV[at]
    redis.call('ZADD', KEYS[i], time, ARGV[at + 1])
    redis.call('EXPIRE', KEYS[i], lifetime)
    if tonumber(time) % 16 == 0 then -- a sixteenth of the writes sweeps: an address in daily use keeps no old clicks
        redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', tonumber(time) - lifetime * 1000)
    end
    at = at + 2
end
if batch >= 0 and redis.call('SETBIT', KEYS[2], batch, 1) == 0 then
    redis.call('EXPIRE', KEYS[2], tonumber(ARGV[2]))
    for i = 6, 4 + 2 * fields, 2 do
        redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
    end
end
return ARGV[4] == '' and 1 or redis.call('HEXISTS', KEYS[3], ARGV[4])
