"""Opening Redis: a single server, a socket or a cluster, by the URL alone."""

from pathlib import Path
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from clicks.cluster_client import Cluster
from clicks.redis_url import RedisAddress, RedisUrlError, read_redis_url
from clicks.seen_nodes import SeenNodes

POOL_SIZE = 32


def connect(redis_url: str, *, timeout_s: float = 5.0, data_dir: Path | None = None) -> Redis | Cluster:
    """A client that never retries by itself. Nothing is opened before the first command.

    redis-py's own defaults turn a dead server into seconds, and repeat writes that timed out.

    Args:
        redis_url: `redis://`, `rediss://`, `unix://` or `redis+cluster://host:port,host:port`.
        timeout_s: longest wait for a connection, and for an answer.
        data_dir: where the nodes of a cluster are remembered, for the day on which those of the URL are gone.

    Raises:
        RedisUrlError: the URL, or a word behind its `?`, cannot be read.
    """
    address = read_redis_url(redis_url)
    try:
        return _cluster(address, timeout_s, data_dir) if address.is_cluster else _single(address, timeout_s)
    except (TypeError, ValueError) as error:  # redis-py: an argument no connection has, or a value it cannot use
        named = str(error).split("'")
        word = f"`{named[1]}`" if len(named) == 3 and f"{named[1]}=" in redis_url else "a word"
        raise RedisUrlError(f"{word} behind the ? is not known, or its value cannot be used") from None


def _single(address: RedisAddress, timeout_s: float) -> Redis:
    options: dict[str, Any] = {"socket_timeout": timeout_s, "retry": Retry(NoBackoff(), 0)}
    if address.nodes:
        options["socket_connect_timeout"] = timeout_s
    pool = BlockingConnectionPool.from_url(address.url, timeout=timeout_s, max_connections=POOL_SIZE, **options)
    # opens nothing, but finds a word that no connection knows
    pool.make_connection()  # type: ignore[no-untyped-call]
    return Redis(connection_pool=pool)


def _cluster(address: RedisAddress, timeout_s: float, data_dir: Path | None) -> Cluster:
    seen = SeenNodes(data_dir, address.nodes) if data_dir else None
    others = [*address.nodes[1:], *(seen.read() if seen else [])]
    cluster = Cluster.from_url(
        address.url,
        startup_nodes=[ClusterNode(host, port) for host, port in dict.fromkeys(others)],
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
    )
    assert isinstance(cluster, Cluster)  # noqa: S101 - redis-py's own types forget it
    cluster.seen = seen
    return cluster
