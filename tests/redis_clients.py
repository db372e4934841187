"""A client that waits for its answers, of whatever Redis the tests run on."""

from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from redis import Redis
from redis.cluster import RedisCluster

from clicks.redis_url import read_redis_url


def open_redis(redis_url: str) -> AbstractContextManager[Any]:
    """redis-py's, of a cluster where the URL is one's."""
    address = read_redis_url(redis_url)
    client: Any = (RedisCluster if address.is_cluster else Redis).from_url(address.url)
    return client  # type: ignore[no-any-return]


def url_of_database(redis_url: str, number: int) -> str:
    """The same server's database of this number. A cluster has none: the test is skipped."""
    if read_redis_url(redis_url).is_cluster:
        pytest.skip("a cluster has no databases by number, which this test keeps apart what it compares by")
    parts = urlsplit(redis_url)
    if parts.scheme == "unix":
        return redis_url.replace("db=0", f"db={number}")
    return urlunsplit(parts._replace(path=f"/{number}"))
