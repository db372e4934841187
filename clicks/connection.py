"""Opening Redis: a single server, a socket or a cluster, by the URL alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, RedisClusterException  # noqa: A004

POOL_SIZE = 32
CLUSTER_SCHEMES = {"redis+cluster": "redis", "rediss+cluster": "rediss"}


class Cluster(RedisCluster):
    """A cluster whose failures are `RedisError`s, as a single server's are."""

    async def initialize(self, *args: Any, **kwargs: Any) -> "Cluster":
        with _as_connection_error():
            await super().initialize(*args, **kwargs)
        return self

    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        with _as_connection_error():
            return await super().execute_command(*args, **kwargs)


@contextmanager
def _as_connection_error() -> Iterator[None]:
    try:
        yield
    except RedisClusterException as error:  # no node answers, or a slot is nobody's: redis-py has it under no roof
        raise ConnectionError(str(error)) from error


def connect(redis_url: str, *, timeout_s: float = 5.0) -> Redis | RedisCluster:
    """A client that never retries by itself. Nothing is opened before the first command.

    redis-py's own defaults turn a dead server into seconds, and repeat writes that timed out.

    Args:
        redis_url: `redis://`, `rediss://`, `unix://` or `redis+cluster://host:port`.
        timeout_s: longest wait for a connection, and for an answer.
    """
    scheme = urlsplit(redis_url).scheme
    if scheme in CLUSTER_SCHEMES:
        return Cluster.from_url(
            redis_url.replace(scheme, CLUSTER_SCHEMES[scheme], 1),
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
        )
    options: dict[str, Any] = {"socket_timeout": timeout_s, "retry": Retry(NoBackoff(), 0)}
    if scheme != "unix":
        options["socket_connect_timeout"] = timeout_s
    pool = BlockingConnectionPool.from_url(redis_url, timeout=timeout_s, max_connections=POOL_SIZE, **options)
    return Redis(connection_pool=pool)
