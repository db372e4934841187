"""A ledger with figures, before and after roll-ups of campaigns: migration 0014, and back."""

from importlib import import_module
from typing import Any

import asyncpg
import pytest

from ledger.report import report
from ledger.report_query import ReportQuery
from tests.ledger.report_history import History, history
from tests.ledger.test_report_roll_ups import BEGINNING

pytestmark = pytest.mark.anyio

MIGRATION = import_module("ledger.migrations.versions.0014_report_campaigns")
FORMER_RULES = "UPDATE report_zones SET rules = 'former/2' WHERE app_id = $1"
SCHEMA = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"


async def run(one: History, statements: tuple[str, ...]) -> None:
    async with one.transaction() as connection:
        for statement in statements:
            await connection.execute(statement)


async def told(one: History) -> list[dict[str, Any]]:
    return [await report(one.pool, ReportQuery(one.app_id, by)) for by in (("day",), ("hour",), ("ad",))]


async def test_figures_are_the_same_before_the_worker_has_built_and_after(database_url: str) -> None:
    async with history(database_url) as one:
        for step in BEGINNING:
            await getattr(one, str(step[0]))(*step[1:])
        await one.add_up()
        before = await told(one)
        await run(one, MIGRATION.BACK)
        await one.pool.execute(FORMER_RULES, one.app_id)
        await run(one, MIGRATION.UP)
        assert await told(one) == before
        await one.add_up()
        assert await told(one) == before
        assert before[0]["totals"]["installs"] == 4


async def test_the_way_back_and_forth_leaves_the_schema_as_it_was(database_url: str) -> None:
    async with history(database_url) as one:
        after = {row[0] for row in await one.pool.fetch(SCHEMA)}
        await run(one, MIGRATION.BACK)
        with pytest.raises(asyncpg.UndefinedTableError):
            await one.pool.fetch("SELECT FROM report_campaign_days")
        await run(one, MIGRATION.UP)
        assert {row[0] for row in await one.pool.fetch(SCHEMA)} == after
