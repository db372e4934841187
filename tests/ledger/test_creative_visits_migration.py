"""Visits that were counted before creatives were, and those that are counted since: migration 0020, and back."""

from importlib import import_module

import asyncpg
import pytest

pytestmark = pytest.mark.anyio

MIGRATION = import_module("ledger.migrations.versions.0020_visits_of_creatives")
SCHEMA = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
ROWS = "SELECT ad_id, creative_id, visits FROM visit_counts ORDER BY 1, 2"


async def back(connection: asyncpg.Connection) -> None:
    async with connection.transaction():
        for statement in MIGRATION.DOWN:
            await connection.execute(statement)


async def test_the_way_back_adds_up_what_creatives_have_and_loses_no_visit(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    schema = {row[0] for row in await connection.fetch(SCHEMA)}
    add = "INSERT INTO visit_counts VALUES ('2026-11-20T12:00Z', 'tea', 'ios', 'click', '1', '2', $1, $2, $3)"
    await connection.executemany(add, [("7", 2, "8"), ("7", 3, "9"), ("7", 1, ""), ("6", 4, "")])
    await back(connection)
    await connection.execute(MIGRATION.UP)
    assert [tuple(row) for row in await connection.fetch(ROWS)] == [("6", "", 4), ("7", "", 6)]
    assert {row[0] for row in await connection.fetch(SCHEMA)} == schema
    await connection.close()
