"""A ledger of before app_id came first: migration 0007, and back."""

from collections.abc import AsyncIterator
from importlib import import_module

import asyncpg
import pytest

from ledger.delivery_views import show_delivery
from tests.forwarder.delivering.scene import APP
from tests.ledger.rows import NOW, Rows, opened_rows

pytestmark = pytest.mark.anyio

MIGRATION = import_module("ledger.migrations.versions.0007_app_id_first")
OTHER_APP = "app_bbbbbbbbbbbb"
SCHEMA = """
SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
UNION SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
"""


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    """A delivery with a send, a timer and a webhook, as they were stored before."""
    async with opened_rows(database_url) as opened:
        await run(opened, MIGRATION.STATEMENTS_BACK)
        delivery = await opened.delivery("e1", payload="{}")
        pool = opened.pool
        await pool.execute(
            "INSERT INTO attempts (delivery_id, at, outcome, ms) VALUES ($1, $2, 'unknown', 1)", delivery, NOW
        )
        await pool.execute(
            """INSERT INTO event_timers (event_key, name, due_at, qualified_at)
            SELECT event_key, 'q', $1, $1 FROM events""",
            NOW,
        )
        await pool.execute(
            """INSERT INTO webhook_bodies (app_id, provider, provider_event_id, type, outcome, received_at, event_key,
                body) SELECT app_id, 'stripe', 'x', 't', 'event', $1, event_key, '' FROM events""",
            NOW,
        )
        await pool.execute("INSERT INTO click_claims (click_id, app_id, install_id) VALUES ('c', $1, 'i1')", APP)
        yield opened


async def run(rows: Rows, statements: tuple[str, ...]) -> None:
    async with rows.pool.acquire() as connection, connection.transaction():
        for statement in statements:
            await connection.execute(statement)


async def schema(rows: Rows) -> set[str]:
    return {row[0] for row in await rows.pool.fetch(SCHEMA)}


async def test_what_had_no_app_takes_that_of_its_delivery_or_event(rows: Rows) -> None:
    await run(rows, MIGRATION.STATEMENTS)
    for table in ("attempts", "event_timers"):
        assert await rows.pool.fetchval(f"SELECT app_id FROM {table}") == APP, table  # noqa: S608


async def test_the_log_is_read_afterwards_as_it_was_written(rows: Rows) -> None:
    await run(rows, MIGRATION.STATEMENTS)
    shown = await show_delivery(rows.pool, str(await rows.pool.fetchval("SELECT delivery_id FROM deliveries")))
    assert shown is not None
    assert [entry.outcome for entry in shown.log] == ["unknown"]


async def test_an_event_still_takes_everything_of_it_along(rows: Rows) -> None:
    await run(rows, MIGRATION.STATEMENTS)
    await rows.pool.execute("DELETE FROM events")
    for table in ("deliveries", "attempts", "event_timers", "webhook_bodies"):
        assert await rows.pool.fetchval(f"SELECT count(*) FROM {table}") == 0, table  # noqa: S608


async def test_a_delivery_can_no_longer_be_of_an_event_of_another_app(rows: Rows) -> None:
    await run(rows, MIGRATION.STATEMENTS)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await rows.pool.execute("UPDATE deliveries SET app_id = $1", OTHER_APP)


async def test_the_way_back_and_forth_leaves_the_schema_as_it_was(rows: Rows) -> None:
    before = await schema(rows)
    await run(rows, MIGRATION.STATEMENTS)
    after = await schema(rows)
    await run(rows, MIGRATION.STATEMENTS_BACK)
    assert await schema(rows) == before
    await run(rows, MIGRATION.STATEMENTS)
    assert await schema(rows) == after
