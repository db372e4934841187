"""Two installs of one person that come at once, on real PostgreSQL: what waited for the person joins one of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from ledger.events import join_events
from ledger.pool import open_pool
from tests.forwarder.api import APP, Api, opened_api, settings
from tests.layouts import ON_BOTH
from tests.ledger.waiting import until

pytestmark = [pytest.mark.anyio, ON_BOTH]

PERSON = {"user": {"external_id": "u-1"}}
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%SET joined = true%'
"""
REVENUE = "SELECT sum(revenue) FROM report_deltas"


@pytest.fixture
async def api(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, data_dir)) as opened:
        yield opened


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Another process's."""
    pool = await open_pool(database_url, 1)
    async with pool.acquire() as connection:
        yield connection
    await pool.close()


async def until_one_waits(api: Api, task: asyncio.Task[Any]) -> None:
    async def waits() -> bool:
        return bool(await api.pool.fetchval(WAITING)) or task.done()

    await until(waits)


async def test_a_sale_that_waited_for_a_person_joins_one_of_two_installs_of_theirs(
    api: Api, other: asyncpg.Connection
) -> None:
    await api.click()
    await api.click(ip="203.0.113.8")
    sale = {"event_id": "e", "name": "purchase", "value": "10", "currency": "EUR", **PERSON}
    await api.events(sale)
    await api.install(install_id="i-1")
    async with other.transaction():
        await join_events(other, [(APP, "i-1", ("u-1",))])
        second = asyncio.create_task(api.install(install_id="i-2", ip="203.0.113.8", **PERSON))
        await until_one_waits(api, second)
        assert not second.done()
    assert (await second)["attributed"] is True
    assert await api.pool.fetchval("SELECT install_id FROM events WHERE event_id = 'e'") == "i-1"
    assert await api.pool.fetchval("SELECT install_id FROM deliveries WHERE source_event_id = 'e'") == "i-1"
    assert await api.pool.fetchval(REVENUE) == 10
