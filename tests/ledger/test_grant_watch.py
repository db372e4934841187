"""Alerts of grants that are broken or end, and of chosen advertisers that are out of reach."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.advertisers import SeenAdvertiser, put_advertisers, select_advertiser, set_advertiser_state
from ledger.alerts import Alert
from ledger.grant_watch import ASTRAY, BROKEN, ENDING, KINDS, grant_alerts
from ledger.grants import NewGrant, delete_grant, get_grant, mark_broken, mark_ok, store_grant
from tests.forwarder.delivering.scene import APP
from tests.ledger.rows import SECOND_APP, opened_rows

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Any]:
    async with opened_rows(database_url) as rows:
        await rows.second_app()
        for app_id in (APP, SECOND_APP):
            await store_grant(rows.pool, NewGrant(app_id, app_id.encode(), None, None, ()), NOW)
            await put_advertisers(rows.pool, app_id, [SeenAdvertiser("1", "Tea"), SeenAdvertiser("2")], NOW)
        yield rows.pool


async def test_what_is_in_order_raises_nothing(pool: Any) -> None:
    assert await grant_alerts(pool) == []


async def test_a_broken_grant_is_told_with_the_way_out_and_that_conversions_flow(pool: Any) -> None:
    grant = await get_grant(pool, APP)
    assert grant is not None
    await mark_broken(pool, grant, "40105: dead", NOW)
    [alert] = await grant_alerts(pool)
    assert alert == Alert(
        BROKEN,
        APP,
        "TikTok no longer takes the connection (40105: dead): no spend is read. Conversions are sent all the same. "
        f"`signalpost tiktok connect --app {APP}`, and log in as Admin or Operator of the ad account",
        APP,
    )
    await mark_ok(pool, grant, NOW, "the connection ends at noon")
    assert [alert.kind for alert in await grant_alerts(pool)] == [ENDING]


async def test_only_a_chosen_advertiser_is_told_of(pool: Any) -> None:
    await set_advertiser_state(pool, APP, "1", "missing", "no longer listed")
    assert await grant_alerts(pool) == []
    async with pool.acquire() as connection, connection.transaction():
        await select_advertiser(connection, APP, "1", NOW)
    [alert] = await grant_alerts(pool)
    assert (alert.kind, alert.app_id) == (ASTRAY, APP)
    assert alert.message.startswith("advertiser 1 (Tea): no longer listed. Its history stays.")
    assert {alert.kind} < set(KINDS)


async def test_who_has_disconnected_misses_no_advertiser(pool: Any) -> None:
    await set_advertiser_state(pool, APP, "1", "missing", "no longer listed")
    async with pool.acquire() as connection, connection.transaction():
        await select_advertiser(connection, APP, "1", NOW)
    await delete_grant(pool, APP)
    assert await grant_alerts(pool) == []
