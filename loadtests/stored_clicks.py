"""How many clicks lie in Redis and what they take: counted from outside, key by key."""

import re
from dataclasses import dataclass
from itertools import islice
from typing import Any

import redis
from redis.cluster import RedisCluster

CLUSTER_SCHEMES = "redis+cluster://", "rediss+cluster://"
CLICK_KEYS = "c:*"  # one sorted set per address key, one member per click
_PIPELINE = 2_000


@dataclass(frozen=True, slots=True)
class StoredClicks:
    """A reading of the click store."""

    clicks: int
    addresses: int
    used_memory: int  # bytes, as INFO gives it


def read_stored_clicks(redis_url: str) -> StoredClicks:
    """Count every member of every click key (SCAN + ZCARD), on all primaries of a cluster (`redis+cluster://`).

    Raises:
        redis.RedisError: Redis is away.
    """
    with _client(redis_url) as client:
        used_memory = sum(int(one["used_memory"]) for one in _memory(client))
        keys = iter({bytes(key) for key in client.scan_iter(CLICK_KEYS, count=10_000)})
        clicks = addresses = 0
        while batch := list(islice(keys, _PIPELINE)):
            with client.pipeline(transaction=False) as pipeline:
                for key in batch:
                    pipeline.zcard(key)
                clicks += sum(pipeline.execute())
            addresses += len(batch)
        return StoredClicks(clicks, addresses, used_memory)


def _client(redis_url: str) -> Any:
    if redis_url.startswith(CLUSTER_SCHEMES):
        first = re.sub(r",[^/?,@]*(?=[/?,]|$)", "", redis_url.replace("+cluster", "", 1))  # it tells of the others
        return RedisCluster.from_url(first, socket_timeout=30)
    return redis.Redis.from_url(redis_url, socket_timeout=30)


def _memory(client: Any) -> list[dict[str, Any]]:
    if isinstance(client, RedisCluster):
        return list(client.info("memory", target_nodes=RedisCluster.PRIMARIES).values())
    return [client.info("memory")]
