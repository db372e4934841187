"""What is polled several times a second reads the first of each queue, however much waits there."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from ledger.event_timers import APPS_WITH_DUE, apps_with_due
from ledger.pixel_state import PIXELS_WITH_DUE, pixels_with_due
from tests.forwarder.delivering.scene import APP, PIXEL, PIXEL_REF
from tests.ledger.rows import NOW, SECOND_APP, Rows, opened_rows

pytestmark = pytest.mark.anyio

WAITING = 3_000
PUT_EVENTS = """
INSERT INTO events (app_id, event_id, name, occurred_at, body)
SELECT $1, 'e' || n, 'purchase', $2, '{}' FROM generate_series(1, $3::integer) n
"""
PUT_DELIVERIES = """
INSERT INTO deliveries (app_id, pixel_id, event_key, event_id, source_event_id, source_event, target_event,
    state, next_attempt_at)
SELECT app_id, $1, event_key, event_id, event_id, name, 'Purchase', 'due', $2::timestamptz FROM events
"""
PUT_TIMERS = """
INSERT INTO event_timers (app_id, event_key, name, due_at, qualified_at)
SELECT app_id, event_key, 'qualified', $1::timestamptz, $1 FROM events
"""


@pytest.fixture
async def backlog(database_url: str) -> AsyncIterator[Rows]:
    """One of two apps has thousands of deliveries and timers due, and PostgreSQL has counted them."""
    async with opened_rows(database_url) as rows:
        await rows.second_app()
        await rows.pool.execute(PUT_EVENTS, APP, NOW, WAITING)
        await rows.pool.execute(PUT_DELIVERIES, PIXEL, NOW)
        await rows.pool.execute(PUT_TIMERS, NOW)
        await rows.pool.execute("ANALYZE")
        yield rows


async def read_of(pool: asyncpg.Pool, table: str, sql: str) -> int:
    """How many rows of the table the statement reads, about: before PostgreSQL 18 it tells whole numbers per loop."""
    at = f"timestamptz '{NOW.isoformat()}'"
    text = await pool.fetchval("EXPLAIN (ANALYZE, FORMAT JSON) " + sql.replace("$1", at))
    return sum(
        round((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
        for node in nodes_of(json.loads(text)[0]["Plan"])
        if node.get("Relation Name") == table
    )


def nodes_of(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in nodes_of(child))]


async def test_of_a_backlog_one_delivery_is_read(backlog: Rows) -> None:
    assert await pixels_with_due(backlog.pool, NOW) == [PIXEL_REF]
    assert await pixels_with_due(backlog.pool, NOW - timedelta(seconds=1)) == []
    assert await read_of(backlog.pool, "deliveries", PIXELS_WITH_DUE) <= 2


async def test_of_many_timers_one_is_read(backlog: Rows) -> None:
    assert await apps_with_due(backlog.pool, NOW) == [APP]
    assert SECOND_APP not in await apps_with_due(backlog.pool, NOW)
    assert await read_of(backlog.pool, "event_timers", APPS_WITH_DUE) <= 2
