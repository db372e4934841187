"""Connecting to a real PostgreSQL by URLs as hosters give them: the pool and the migrations alike."""

import socket
from urllib.parse import quote

import asyncpg
import pytest

from ledger.connecting import connect
from ledger.database_url import read_database_url
from ledger.migrate import migrate
from ledger.pool import open_pool
from ledger.revisions import head_revision

pytestmark = pytest.mark.anyio

HOSTED = (
    "channel_binding=prefer&gssencmode=disable&keepalives_idle=30&connect_timeout=10&target_session_attrs=read-write"
)


@pytest.mark.parametrize(
    "words",
    [
        "sslmode=disable",
        "sslmode=prefer",
        "sslmode=require",  # a socket needs no TLS, as libpq has it
        HOSTED,
        "pgbouncer=true&connection_limit=5&schema=public",
        "application_name=x&options=-c%20statement_timeout%3D5000",
    ],
)
async def test_the_pool_and_the_migrations_take_the_words_of_hosters(database_url: str, words: str) -> None:
    url = f"{database_url}&{words}".replace("postgresql://", "postgres://")
    await migrate(url)
    pool = await open_pool(url, max_size=1, server_settings={"join_collapse_limit": "1"})
    try:
        assert await pool.fetchval("SELECT version_num FROM alembic_version") == head_revision()
        assert await pool.fetchval("SELECT '{\"a\": 1}'::jsonb") == {"a": 1}
    finally:
        await pool.close()


async def test_migrations_are_made_over_a_poolers_url(database_url: str) -> None:
    connection = await connect(database_url)
    await connection.execute("CREATE SCHEMA pooled")
    await connection.close()
    url = f"{database_url}&pgbouncer=true&schema=pooled"
    await migrate(url)
    connection = await connect(url)
    try:
        assert await connection.fetchval("SELECT to_regclass('pooled.deliveries')::text") == "deliveries"
    finally:
        await connection.execute("DROP SCHEMA pooled CASCADE")
        await connection.close()


@pytest.mark.parametrize(
    ("words", "setting", "value"),
    [
        ("", "application_name", "signalpost"),
        ("application_name=tea", "application_name", "tea"),
        ("options=-c%20lock_timeout%3D7s", "lock_timeout", "7s"),
        ("options=--lock_timeout%3D7s", "lock_timeout", "7s"),
        ("schema=tea", "search_path", "tea"),
        ("statement_timeout=5000", "statement_timeout", "5s"),
    ],
)
async def test_a_session_has_the_settings_of_the_url(database_url: str, words: str, setting: str, value: str) -> None:
    connection = await connect(f"{database_url}&{words}")
    assert await connection.fetchval("SELECT current_setting($1)", setting) == value
    await connection.close()


async def test_a_pooler_keeps_no_statement(database_url: str) -> None:
    connection = await connect(f"{database_url}&pgbouncer=true", server_settings={"join_collapse_limit": "1"})
    for _ in range(3):
        await connection.fetchval("SELECT $1::int", 1)
    assert await connection.fetch("SELECT name FROM pg_prepared_statements WHERE name <> ''") == []
    assert await connection.fetchval("SELECT current_setting('join_collapse_limit')") == "8"
    await connection.close()


async def test_the_next_host_is_asked_where_one_is_away_or_silent(database_url: str) -> None:
    folder = read_database_url(database_url).hosts[0][0]
    assert folder is not None
    database = read_database_url(database_url).database
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and says nothing
        port = silent.getsockname()[1]
        places = f"127.0.0.1:1,127.0.0.1:{port},{quote(folder, safe='')}"
        connection = await connect(f"postgresql://postgres@{places}/{database}?sslmode=disable&connect_timeout=2")
    assert not connection.is_closed()
    await connection.close()


@pytest.mark.parametrize(
    ("session", "lets_in"), [("primary", True), ("any", True), ("prefer-standby", True), ("standby", False)]
)
async def test_the_sort_of_server_is_kept(database_url: str, session: str, lets_in: bool) -> None:
    url = f"{database_url}&target_session_attrs={session}"
    if lets_in:
        await (await connect(url)).close()
    else:
        with pytest.raises(asyncpg.TargetServerAttributeNotMatched):
            await connect(url)
        with pytest.raises(asyncpg.TargetServerAttributeNotMatched):
            await migrate(url)


async def test_connections_that_have_become_read_only_are_not_kept(database_url: str) -> None:
    pool = await open_pool(database_url, max_size=2)
    try:
        async with pool.acquire() as first, pool.acquire() as second:
            for connection in (first, second):
                await connection.execute("SET default_transaction_read_only = on")  # as a standby has it
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await pool.execute("DELETE FROM apps")
        async with pool.acquire() as first, pool.acquire() as second:
            for connection in (first, second):
                assert await connection.execute("DELETE FROM apps") == "DELETE 0"
    finally:
        await pool.close()
