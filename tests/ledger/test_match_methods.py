"""Installs by method, and by how sure the match is, in the app's own days."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ledger.match_methods import MethodCount, match_methods
from ledger.pool import open_pool
from tests.ledger.test_report import an_app

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 20)
PUT = (
    "INSERT INTO installs (app_id, install_id, platform, occurred_at, body, match_method, match_probability)"
    " VALUES ('app_1', gen_random_uuid()::text, 'ios', $1, '{}', $2, $3)"
)


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Any]:
    pool = await open_pool(database_url, max_size=1)
    await an_app(pool)
    yield pool
    await pool.close()


async def test_each_is_in_its_bin(ledger: Any) -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    for probability in (0.5, 0.9, 0.949, 0.95, 0.9995):
        await ledger.execute(PUT, noon, "probabilistic", probability)
    await ledger.execute(PUT, noon, "none", None)
    assert await match_methods(ledger, "app_1", "UTC", (DAY, DAY)) == [
        MethodCount("probabilistic", 5, (1, 2, 1, 0, 0, 1)),
        MethodCount("none", 1, ()),
    ]


async def test_the_days_are_the_zones(ledger: Any) -> None:
    await ledger.execute(PUT, datetime(2026, 11, 19, 23, 30, tzinfo=UTC), "none", None)
    assert len(await match_methods(ledger, "app_1", "Europe/Berlin", (DAY, DAY))) == 1
    assert await match_methods(ledger, "app_1", "UTC", (DAY, DAY)) == []
