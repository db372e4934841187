"""How many clicks lie in Redis and what they take: counted from outside, key by key."""

from dataclasses import dataclass
from itertools import islice

import redis

CLICK_KEYS = "c:*"  # one sorted set per address key, one member per click
_PIPELINE = 2_000


@dataclass(frozen=True, slots=True)
class StoredClicks:
    """A reading of the click store."""

    clicks: int
    addresses: int
    used_memory: int  # bytes, as INFO gives it


def read_stored_clicks(redis_url: str) -> StoredClicks:
    """Count every member of every click key (SCAN + ZCARD).

    Raises:
        redis.RedisError: Redis is away.
    """
    with redis.Redis.from_url(redis_url, socket_timeout=30) as client:
        used_memory = int(client.info("memory")["used_memory"])
        keys = iter({bytes(key) for key in client.scan_iter(CLICK_KEYS, count=10_000)})
        clicks = addresses = 0
        while batch := list(islice(keys, _PIPELINE)):
            with client.pipeline(transaction=False) as pipeline:
                for key in batch:
                    pipeline.zcard(key)
                clicks += sum(pipeline.execute())
            addresses += len(batch)
        return StoredClicks(clicks, addresses, used_memory)
