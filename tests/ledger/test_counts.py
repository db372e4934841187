"""Counts brought from Redis, each once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
import pytest

from ledger.counts import add_counts
from tests.ledger.rows import Rows, opened_rows

pytestmark = pytest.mark.anyio

HOUR = 1_800_000_000


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    async with opened_rows(database_url) as opened:
        yield opened


@dataclass(frozen=True)
class Visits:
    visits: int
    kind: str = "click"
    begins_s: int = HOUR
    link: str = "spring"
    platform: str = "ios"
    campaign_id: str = ""
    adgroup_id: str = ""
    ad_id: str = "7"
    creative_id: str = ""


async def counted(rows: Rows) -> list[tuple[str, int]]:
    found = await rows.pool.fetch("SELECT kind, visits FROM visit_counts ORDER BY kind")
    return [(row["kind"], row["visits"]) for row in found]


async def test_counts_of_two_drains_add_up(rows: Rows) -> None:
    assert await add_counts(rows.pool, "d1", [Visits(2), Visits(1, "bot")]) is True
    assert await add_counts(rows.pool, "d2", [Visits(3)]) is True
    assert await counted(rows) == [("bot", 1), ("click", 5)]


async def test_a_drain_that_is_given_again_is_not_added_again(rows: Rows) -> None:
    await add_counts(rows.pool, "d1", [Visits(2)])
    assert await add_counts(rows.pool, "d1", [Visits(2)]) is False
    assert await counted(rows) == [("click", 2)]


async def test_equal_rows_of_one_drain_add_up(rows: Rows) -> None:
    await add_counts(rows.pool, "d1", [Visits(2), Visits(5)])
    assert await counted(rows) == [("click", 7)]


async def test_visits_of_one_ads_creatives_are_counted_apart(rows: Rows) -> None:
    await add_counts(rows.pool, "d1", [Visits(2, creative_id="8"), Visits(5, creative_id="9"), Visits(1)])
    await add_counts(rows.pool, "d2", [Visits(10, creative_id="9")])
    found = await rows.pool.fetch("SELECT creative_id, visits FROM creative_visits ORDER BY 1")
    assert [tuple(row) for row in found] == [("8", 2), ("9", 15)]
    assert await counted(rows) == [("click", 18)]


async def test_a_drain_that_fails_is_not_remembered(rows: Rows) -> None:
    with pytest.raises(asyncpg.DataError):
        await add_counts(rows.pool, "d1", [Visits(2), Visits(2**70)])
    assert await add_counts(rows.pool, "d1", [Visits(2)]) is True
    assert await counted(rows) == [("click", 2)]


async def test_the_quarter_is_kept_as_a_time(rows: Rows) -> None:
    await add_counts(rows.pool, "d1", [Visits(1)])
    assert await rows.pool.fetchval("SELECT begins_at FROM visit_counts") == datetime.fromtimestamp(HOUR, UTC)
