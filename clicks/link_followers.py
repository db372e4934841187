"""Who serves the published links, and which version of them: so that a command can wait until its change is in force.

Each redirector process says, whenever it asks for news, which version it serves. What it said lasts two seconds: a
process that is gone or cut off from Redis is not waited for.
"""

import asyncio
import time
from typing import Any, Final

from redis.exceptions import ResponseError

from clicks.keys import LINK_FOLLOWER, LINK_FOLLOWERS, LINKS_VERSION
from clicks.links import published_version

FOLLOWER_LIFETIME_MS: Final = 2_000
LOOK_EVERY_S: Final = 0.02

_SERVING = """
-- asked ten times a second, written once: each write lands in the append-only file
if ARGV[3] == '1' or redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) / 2 then
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
if redis.call('SISMEMBER', KEYS[2], KEYS[1]) == 0 then redis.call('SADD', KEYS[2], KEYS[1]) end
return redis.call('GET', KEYS[3])
"""

_BEHIND = """
local version, behind = redis.call('GET', KEYS[2]), 0
for _, follower in ipairs(redis.call('SMEMBERS', KEYS[1])) do
    local served = redis.call('GET', follower)
    if not served then
        redis.call('SREM', KEYS[1], follower)
    elseif served ~= version then
        behind = behind + 1
    end
end
return behind
"""


async def tell_served(redis: Any, follower: str, version: str | None, is_new: bool = True) -> str | None:
    """Say that the process `follower` serves this version (None = none yet); the published one.

    Where it said so before (`is_new` false), that is only written again when it is about to lapse.

    Raises:
        redis.exceptions.RedisError, OSError: Redis is away.
    """
    key = LINK_FOLLOWER + follower.encode()
    try:
        published = await redis.eval(
            _SERVING, 3, key, LINK_FOLLOWERS, LINKS_VERSION, version or "", FOLLOWER_LIFETIME_MS, int(is_new)
        )
    except ResponseError:  # a Redis that is full or read-only can still be read, and nothing can be published in it
        return await published_version(redis)
    return published.decode() if published is not None else None


async def wait_for_followers(redis: Any, within_s: float) -> int:
    """Return when every redirector serves what is published: 0, or how many did not within so many seconds.

    Raises:
        redis.exceptions.RedisError, OSError: Redis is away.
    """
    give_up = time.monotonic() + within_s
    while behind := int(await redis.eval(_BEHIND, 2, LINK_FOLLOWERS, LINKS_VERSION)):
        if time.monotonic() > give_up:
            return behind
        await asyncio.sleep(LOOK_EVERY_S)
    return 0
