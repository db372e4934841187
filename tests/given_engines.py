"""Servers that somebody else runs: `make test REDIS_URL=... DATABASE_URL=...`.

The tests make databases of their own in PostgreSQL, and drop them. Redis they empty before each test, so that it must
be theirs alone: one that holds anything at their start is refused.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from anyio.from_thread import BlockingPortal
from redis.cluster import RedisCluster
from redis.exceptions import RedisError, ResponseError

from stack.engines.errors import EngineError
from tests.redis_clients import open_redis

REDIS_URL, DATABASE_URL = "TEST_REDIS_URL", "TEST_DATABASE_URL"
NEEDED = {"maxmemory-policy": "noeviction", "zset-max-listpack-value": "1024", "zset-max-listpack-entries": "128"}
"""What Signalpost asks of a Redis, and doctor after."""
SUPERUSER = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"


class GivenRedis:
    """A Redis at a URL, or a cluster."""

    def __init__(self, url: str) -> None:
        self.url = url

    def take(self) -> None:
        """Make it the tests'.

        Raises:
            EngineError: it is not there, or not empty, or several would empty it at once.
        """
        if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1:
            raise EngineError("REDIS_URL: one Redis takes one worker of pytest's, who empties it: pytest -n 0")
        try:
            with open_redis(self.url) as client:
                keys = _keys_of(client)
                if keys:
                    raise EngineError(
                        f"REDIS_URL: this Redis holds {keys} keys, and the tests delete all they find. Name an empty"
                        " one; what an earlier run of the tests left goes with `redis-cli -u URL flushall`"
                    )
                for name, value in NEEDED.items():
                    client.config_set(name, value)
        except RedisError as error:
            raise EngineError(f"REDIS_URL: {error}") from None


def _keys_of(client: Any) -> int:
    """In all of its databases, or on all nodes of a cluster."""
    if isinstance(client, RedisCluster):
        return int(client.dbsize(target_nodes=RedisCluster.PRIMARIES))
    try:
        found = client.info("keyspace")
    except ResponseError:
        return int(client.dbsize())
    return sum(int(database["keys"]) for database in found.values())


class GivenPostgreSQL:
    """A PostgreSQL at a URL that names a database to sign in to, which itself is left as it is."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    def database_url(self, database: str) -> str:
        """Of another database of this server; `postgres` is the one the URL names."""
        path = self._url.path if database == "postgres" else f"/{database}"
        # tests put their words behind it
        return urlunsplit(self._url._replace(path=path, query=self._url.query or "sslmode=prefer"))

    @property
    def socket_directory(self) -> Path:
        pytest.skip("DATABASE_URL is given: this test puts a server of its own before the tests' own PostgreSQL")

    def sign_in(self, portal: BlockingPortal) -> asyncpg.Connection:
        """Raises EngineError: it does not let us in, or not as one who may make databases and empty them at will."""
        try:
            admin = portal.call(asyncpg.connect, self.database_url("postgres"))
            if portal.call(admin.fetchval, SUPERUSER):
                return admin
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            raise EngineError(f"DATABASE_URL: {error}") from None
        raise EngineError("DATABASE_URL: the tests make databases and empty them, which takes a superuser: name one")
