"""The ledger behind a real PgBouncer in transaction mode, with fewer sessions than there are connections."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from structlog.testing import capture_logs

from admin.postgresql_checks import check_postgresql
from config.settings import AllSettings
from ledger.connecting import connect
from ledger.migrate import migrate
from ledger.pool import open_pool
from ledger.revisions import head_revision
from tests.engines import SessionEngines
from tests.pooler import Pooler, running_pooler

pytestmark = pytest.mark.anyio

SHARED, OWN, UNSAID = "pgbouncer=true", "pgbouncer=false", ""
OF_A_SESSION = {"statement_timeout": "5000"}  # as the forwarder sets it


@pytest.fixture(scope="module")
def pooler(engines: SessionEngines) -> Iterator[Pooler]:
    with running_pooler(engines.postgresql.socket_directory) as started:
        yield started


@pytest.fixture
async def new_database(engines: SessionEngines) -> AsyncIterator[str]:
    """The name of one without a table."""
    name = f"pooled_{os.urandom(4).hex()}"
    admin = await asyncpg.connect(engines.postgresql.database_url("postgres"))
    await admin.execute(f"CREATE DATABASE {name}")
    yield name
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.mark.parametrize("words", [SHARED, UNSAID])
async def test_many_connections_get_their_own_rows_out_of_few_sessions(pooler: Pooler, words: str) -> None:
    pool = await open_pool(pooler.url("postgres", words), 8, OF_A_SESSION)

    async def ask(number: int) -> None:
        statement = f"SELECT $1::int * {number} AS product, jsonb_build_object('of', $2::text[]) AS words"
        for k in range(40):
            row = await pool.fetchrow(statement, k, [str(number)])
            assert (row["product"], row["words"]) == (k * number, {"of": [str(number)]})

    try:
        await asyncio.gather(*(ask(number) for number in range(16)))
    finally:
        await pool.close()


async def ask_on_two_sessions(first: asyncpg.Connection, second: asyncpg.Connection) -> set[int]:
    """`first` asks the same of the pooler's one session, and, while `second` holds that, of another; the sessions."""
    sessions = {await first.fetchval("SELECT pg_backend_pid() * $1::int", 1)}
    async with second.transaction():
        assert await second.fetchval("SELECT pg_backend_pid()") in sessions
        return sessions | {await first.fetchval("SELECT pg_backend_pid() * $1::int", 1)}


@pytest.mark.parametrize("words", [SHARED, UNSAID])
async def test_a_statement_is_asked_of_any_session(engines: SessionEngines, words: str) -> None:
    with running_pooler(engines.postgresql.socket_directory) as fresh:
        first, second = await connect(fresh.url("postgres", words)), await connect(fresh.url("postgres", words))
        assert len(await ask_on_two_sessions(first, second)) == 2
        await first.close()
        await second.close()


async def test_asyncpg_by_itself_asks_a_session_that_does_not_know_the_statement(engines: SessionEngines) -> None:
    """What the test above guards against does happen: else it would show nothing."""
    with running_pooler(engines.postgresql.socket_directory) as fresh:
        first, second = await asyncpg.connect(fresh.url("postgres")), await asyncpg.connect(fresh.url("postgres"))
        with pytest.raises(asyncpg.InvalidSQLStatementNameError):
            await ask_on_two_sessions(first, second)
        await first.close()
        await second.close()


@pytest.mark.parametrize("words", [SHARED, UNSAID])
async def test_cursors_of_two_processes_share_a_session(
    pooler: Pooler, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[list[int]] = []
    for first in (1, 100):
        monkeypatch.setattr("asyncpg.connection._uid", 0)  # as in a process that has just begun
        connection = await connect(pooler.url("postgres", words))
        async with connection.transaction():
            found = connection.cursor(f"SELECT generate_series({first}, $1::int)", first + 2, prefetch=2)
            rows.append([row[0] async for row in found])
        await connection.close()
    assert rows == [[1, 2, 3], [100, 101, 102]]


@pytest.mark.parametrize("words", [SHARED, UNSAID])
async def test_migrations_are_made_through_it(pooler: Pooler, new_database: str, words: str) -> None:
    url = pooler.url(new_database, words)
    await asyncio.gather(migrate(url), migrate(url))
    connection = await connect(url)
    assert await connection.fetchval("SELECT version_num FROM alembic_version") == head_revision()
    await connection.close()


async def test_a_url_that_says_nothing_of_it_is_one_line_with_the_way_out(pooler: Pooler) -> None:
    with capture_logs() as lines:
        pool = await open_pool(pooler.url("postgres"), 4, OF_A_SESSION)
        try:
            await asyncio.gather(*(pool.fetchval("SELECT pg_sleep(0.01)") for _ in range(8)))
        finally:
            await pool.close()
    [line] = lines
    assert line["log_level"] == "warning"
    assert line["event"].startswith("a pooler stands before PostgreSQL, and DATABASE_URL does not say so")
    assert "pgbouncer=true" in line["fix"]


async def test_a_url_to_postgresql_itself_is_no_pooler(database_url: str) -> None:
    with capture_logs() as lines:
        pool = await open_pool(database_url, 1, OF_A_SESSION)
        try:
            assert await pool.fetchval("SHOW statement_timeout") == "5s"
            assert await pool.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''") > 0
        finally:
            await pool.close()
    assert lines == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (f"{SHARED}&schema=tea", "search_path; it takes no settings of a session: .* (ALTER ROLE"),
        ("options=-c%20jit%3Doff", "options; it takes no settings of a session: .* (ALTER ROLE"),
        (OWN, "statement_timeout; name it in the pooler's ignore_startup_parameters, or say pgbouncer=true"),
    ],
)
async def test_a_setting_that_it_refuses_is_named_with_the_way_out(pooler: Pooler, words: str, told: str) -> None:
    with pytest.raises(asyncpg.FeatureNotSupportedError, match=told.replace("(", r"\(")):
        await open_pool(pooler.url("postgres", words), 1, OF_A_SESSION)


async def test_a_pooler_of_whole_sessions_may_be_told_and_keeps_statements(engines: SessionEngines) -> None:
    with running_pooler(engines.postgresql.socket_directory, pool_mode="session") as pooler:
        connection = await connect(pooler.url("postgres", OWN))
        for _ in range(3):
            await connection.fetchval("SELECT $1::int", 1)
        assert await connection.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''") > 0
        await connection.close()


@pytest.mark.parametrize(
    ("mode", "words", "told"),
    [
        ("transaction", SHARED, "ok: a pooler, whose sessions are taken for shared ones"),
        ("transaction", UNSAID, "fix: a pooler stands before PostgreSQL, and DATABASE_URL does not say so"),
        ("transaction", OWN, "fix: two connections were given the same session"),
        ("session", OWN, "ok: a pooler that keeps a session for each connection"),
    ],
)
async def test_doctor_tells(engines: SessionEngines, data_dir: Path, mode: str, words: str, told: str) -> None:
    with running_pooler(engines.postgresql.socket_directory, pool_mode=mode) as pooler:
        settings = AllSettings(database_url=pooler.url("postgres", words), data_dir=data_dir)
        report = await check_postgresql(settings)
    [check] = [check for check in report.checks if check.name == "pooler"]
    assert f"{'ok' if check.ok else 'fix'}: {check.detail}".startswith(told)
    assert check.ok or "pgbouncer=true" in check.fix


async def test_doctor_says_nothing_of_poolers_where_there_is_none(database_url: str, data_dir: Path) -> None:
    report = await check_postgresql(AllSettings(database_url=database_url, data_dir=data_dir))
    assert "pooler" not in [check.name for check in report.checks]


async def test_the_next_host_is_asked_where_a_poolers_server_is_away(pooler: Pooler, tmp_path: Path) -> None:
    with running_pooler(tmp_path) as lost:
        places = f"127.0.0.1:{lost.port},127.0.0.1:{pooler.port}"
        connection = await connect(f"postgresql://postgres@{places}/postgres?{SHARED}")
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
