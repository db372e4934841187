"""Twenty attributed purchases within any seven days."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from ledger.value_bidding import value_bidding
from tests.forwarder.delivering.scene import APP, PIXEL
from tests.ledger.rows import NOW, Rows, opened_rows

pytestmark = pytest.mark.anyio


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    async with opened_rows(database_url) as opened:
        for install_id, click_id in (("ad", "c"), ("organic", None)):
            await opened.pool.execute(
                "INSERT INTO installs (app_id, install_id, platform, occurred_at, body, match_method, click_id)"
                " VALUES ($1, $2, 'ios', now(), '{}', 'none', $3)", APP, install_id, click_id,
            )  # fmt: skip
        yield opened


async def delivered(rows: Rows, days_ago: list[float], install_id: str = "ad", target: str = "Purchase") -> None:
    for days in days_ago:
        number = await rows.delivery(f"{install_id}-{target}-{days}", install_id, state="delivered")
        await rows.pool.execute(
            "UPDATE deliveries SET delivered_at = $2, target_event = $3 WHERE delivery_id = $1",
            number, NOW - timedelta(days=days), target,
        )  # fmt: skip


async def progress(rows: Rows) -> Any:
    return (await value_bidding(rows.pool, APP, NOW)).get((APP, PIXEL))


async def test_purchases_of_installs_that_ads_brought_count(rows: Rows) -> None:
    await delivered(rows, [1, 2, 8])
    await delivered(rows, [3], target="CompletePayment")
    await delivered(rows, [1, 2], "organic")
    await delivered(rows, [1, 2], target="Subscribe")
    found = await progress(rows)
    assert (found.purchases_7d, found.needed, found.reached_at) == (3, 20, None)


async def test_it_is_reached_by_the_twentieth_within_seven_days_and_stays_so(rows: Rows) -> None:
    await delivered(rows, [30 + number / 10 for number in range(20)])
    found = await progress(rows)
    assert (found.purchases_7d, found.reached_at) == (0, NOW - timedelta(days=30))


async def test_twenty_that_come_too_slowly_do_not_reach_it(rows: Rows) -> None:
    await delivered(rows, [30 + number * 0.4 for number in range(20)])
    assert (await progress(rows)).reached_at is None


async def test_what_went_out_under_a_test_event_code_does_not_count(rows: Rows) -> None:
    await delivered(rows, [1, 2, 3])
    await rows.pool.execute(
        "INSERT INTO attempts (app_id, delivery_id, at, outcome, test_event_code, ms)"
        " SELECT app_id, delivery_id, delivered_at, outcome, code, 1 FROM deliveries"
        " JOIN (VALUES (1, 'delivered', 'TEST1'), (2, 'unknown', 'TEST1'), (2, 'delivered', ''))"
        " AS sent (days, outcome, code) ON delivered_at = $1::timestamptz - sent.days * interval '1 day'", NOW,
    )  # fmt: skip
    assert (await progress(rows)).purchases_7d == 2


async def test_a_pixel_without_purchases_is_not_named(rows: Rows) -> None:
    assert await progress(rows) is None
