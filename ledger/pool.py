"""The connection pool every process opens in its lifespan."""

from collections.abc import Mapping
from typing import Any

import asyncpg
import msgspec

from ledger.connecting import connect
from ledger.database_url import read_database_url

# A plan made while a table was empty scans it once it is full; PostgreSQL itself looks again only after an ANALYZE.
PLANS_KEPT_S = 5
STATEMENTS_KEPT = 640  # of each connection: all of ours, in each of the sizes of those for many rows
COMMAND_TIMEOUT_S = 30.0  # a statement that takes longer is stuck behind a lock or a full disk


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
    address = read_database_url(database_url)

    async def opened(*_: Any, **options: Any) -> asyncpg.Connection:
        return await connect(address, server_settings=server_settings, **options)

    return await asyncpg.create_pool(
        connect=opened,
        min_size=1,
        max_size=max_size,
        init=_set_up,
        reset=_leave_as_it_is,
        command_timeout=COMMAND_TIMEOUT_S,
        statement_cache_size=STATEMENTS_KEPT,
        max_cached_statement_lifetime=PLANS_KEPT_S,
    )
