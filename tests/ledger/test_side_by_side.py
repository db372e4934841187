"""The newest migration leaves what the version before it needs: its processes may run on until they are restarted."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from ledger.migrate import migrate
from ledger.revisions import VERSIONS, head_revision
from tests.engines import SessionEngines
from tests.forwarder.api import opened_api, settings

pytestmark = pytest.mark.anyio

NEEDS_A_STOP: dict[str, str] = {}
"""Revision -> why the version before it cannot run beside it; CHANGELOG.md tells operators of each."""

COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'
    AS must_be_given
FROM information_schema.columns WHERE table_schema = 'public'
"""
LIMITS = """
SELECT conrelid::regclass::text AS table_name, pg_get_constraintdef(oid) AS rule FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'u', 'p')
UNION ALL
SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE 'CREATE UNIQUE%'
"""


def previous_revision() -> str:
    return sorted(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py"))[-2]


class Shape:
    """What a ledger asks of whoever writes it, and gives to whoever reads it."""

    def __init__(self, columns: list[asyncpg.Record], limits: list[asyncpg.Record]) -> None:
        self.columns = {(row["table_name"], row["column_name"]): row["data_type"] for row in columns}
        self.demanded = {(row["table_name"], row["column_name"]) for row in columns if row["must_be_given"]}
        self.limits = {(row["table_name"], row["rule"].partition(" ON ")[2] or row["rule"]) for row in limits}

    def tables(self) -> set[str]:
        return {table for table, _ in self.columns}


def taken_away(old: Shape, new: Shape) -> list[object]:
    """Why a program that was written for the old shape fails on the new one."""
    gone = [key for key, kind in old.columns.items() if new.columns.get(key) != kind]
    demanded = [key for key in new.demanded - old.demanded if key[0] in old.tables()]
    limits = [limit for limit in new.limits - old.limits if limit[0] in old.tables()]
    return sorted([*gone, *demanded, *limits])


async def shape(url: str) -> Shape:
    connection = await asyncpg.connect(url)
    try:
        return Shape(await connection.fetch(COLUMNS), await connection.fetch(LIMITS))
    finally:
        await connection.close()


@pytest.fixture
def before(engines: SessionEngines) -> Iterator[str]:
    """A ledger of the version before."""
    name = f"before_{secrets.token_hex(4)}"
    engines.portal.call(engines.admin.execute, f"CREATE DATABASE {name}")
    url = engines.postgresql.database_url(name)
    engines.portal.call(migrate, url, previous_revision())
    yield url
    engines.portal.call(engines.admin.execute, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.skipif(head_revision() in NEEDS_A_STOP, reason="the newest migration wants processes stopped")
async def test_the_newest_migration_takes_nothing_away_and_demands_nothing(before: str) -> None:
    old = await shape(before)
    await migrate(before)
    assert taken_away(old, await shape(before)) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("ALTER TABLE events DROP COLUMN flags", "a column is gone"),
        ("ALTER TABLE events ALTER COLUMN name TYPE varchar", "a column is of another type"),
        ("ALTER TABLE events ADD COLUMN more text NOT NULL", "a column must be given"),
        ("CREATE UNIQUE INDEX one ON events (app_id, name)", "what was stored twice is refused"),
        ("DROP TABLE replays", "a table is gone"),
    ],
)
async def test_what_an_older_program_would_stumble_over_is_found(before: str, change: str, why: str) -> None:
    old, connection = await shape(before), await asyncpg.connect(before)
    await connection.execute(change)
    await connection.close()
    assert taken_away(old, await shape(before)), why


@pytest.mark.parametrize("change", ["CREATE TABLE more (a text NOT NULL)", "ALTER TABLE events ADD COLUMN more text"])
async def test_what_is_only_added_is_no_hindrance(before: str, change: str) -> None:
    old, connection = await shape(before), await asyncpg.connect(before)
    await connection.execute(change)
    await connection.close()
    assert taken_away(old, await shape(before)) == []


@asynccontextmanager
async def posting(url: str, redis_url: str, data_dir: Path) -> AsyncIterator[list[int]]:
    """An app that posts an event after the other to a forwarder; the answers."""
    answers: list[int] = []
    async with opened_api(settings(url, redis_url, data_dir)) as api:
        stopping = asyncio.Event()

        async def post() -> None:
            while not stopping.is_set():
                event = {"event_id": f"e{len(answers)}", "install_id": "i-1", "name": "purchase"}
                answers.append((await api.post("/v1/events", event)).status_code)

        task = asyncio.create_task(post())
        yield answers
        stopping.set()
        await task


@pytest.mark.skipif(head_revision() in NEEDS_A_STOP, reason="the newest migration wants processes stopped")
async def test_a_forwarder_refuses_nothing_while_the_newest_migration_is_applied(
    before: str, redis_url: str, data_dir: Path
) -> None:
    async with posting(before, redis_url, data_dir) as answers:
        await _ten_more(answers)
        await migrate(before)
        await _ten_more(answers)
    assert set(answers) == {202}


async def _ten_more(answers: list[int]) -> None:
    wanted = len(answers) + 10
    async with asyncio.timeout(60):
        while len(answers) < wanted:  # noqa: ASYNC110 - a counter has nothing to wait at
            await asyncio.sleep(0)


def test_operators_are_told_of_each_migration_that_wants_a_stop() -> None:
    changelog = (Path(__file__).parents[2] / "CHANGELOG.md").read_text()
    assert [revision for revision in NEEDS_A_STOP if f"Migration {revision}" not in changelog] == []
