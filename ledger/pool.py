"""The connection pool every process opens in its lifespan."""

from collections.abc import Mapping
from typing import Any

import asyncpg
import msgspec
from asyncpg.pool import PoolAcquireContext

from ledger.connecting import Connector
from ledger.database_url import read_database_url

# A plan made while a table was empty scans it once it is full; PostgreSQL itself looks again only after an ANALYZE.
PLANS_KEPT_S = 5
STATEMENTS_KEPT = 640  # of each connection: all of ours, in each of the sizes of those for many rows
COMMAND_TIMEOUT_S = 30.0  # a statement that takes longer is stuck behind a lock or a full disk

QUERIES_OF_ONE = 50_000  # then a connection is replaced; as idle ones are
IDLE_KEPT_S = 300.0


class LedgerPool(asyncpg.Pool):  # type: ignore[misc]
    """Keeps no connection to a server that has become a standby, or read-only: it would refuse to write for as long as
    it is kept, while a new one finds the server that takes writes.
    """

    __slots__ = ()

    def acquire(self, *, timeout: float | None = None) -> Any:
        return _Acquired(self, timeout)


class _Acquired(PoolAcquireContext):  # type: ignore[misc]
    __slots__ = ()

    async def __aexit__(self, *raised: Any) -> None:
        if isinstance(raised[1], asyncpg.ReadOnlySQLTransactionError):
            await self.pool.expire_connections()
        await super().__aexit__(*raised)


async def _set_up(connection: asyncpg.Connection) -> None:
    # jsonb columns take and give Python values; msgspec is several times faster than json
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_encode_jsonb, decoder=_decode_jsonb, format="binary"
    )


async def _leave_as_it_is(connection: asyncpg.Connection) -> None:
    """Nothing of ours changes a session, so that giving a connection back needs no question to the server: a fifth of
    what a small transaction takes. An open transaction has been rolled back by then.
    """


def _encode_jsonb(value: Any) -> bytes:
    return b"\x01" + msgspec.json.encode(value)  # PostgreSQL's binary jsonb begins with its version, 1


def _decode_jsonb(value: bytes) -> Any:
    return msgspec.json.decode(value[1:])


async def open_pool(
    database_url: str, max_size: int = 10, server_settings: Mapping[str, str] | None = None
) -> asyncpg.Pool:
    """A pool whose jsonb columns are Python values. `server_settings` are PostgreSQL's, for every connection.

    Raises:
        DatabaseUrlError: the URL cannot be read.
        OSError, asyncpg.PostgresError: the server cannot be reached or refuses.
    """
    connector = Connector(read_database_url(database_url), server_settings or {})

    async def opened(*_: Any, **options: Any) -> asyncpg.Connection:
        return await connector.connect(**options)

    return await LedgerPool(
        connect=opened,
        min_size=1,
        max_size=max_size,
        init=_set_up,
        reset=_leave_as_it_is,
        command_timeout=COMMAND_TIMEOUT_S,
        statement_cache_size=STATEMENTS_KEPT,
        max_cached_statement_lifetime=PLANS_KEPT_S,
        max_queries=QUERIES_OF_ONE,
        max_inactive_connection_lifetime=IDLE_KEPT_S,
        loop=None,
        connection_class=asyncpg.Connection,
        record_class=asyncpg.Record,
    )
