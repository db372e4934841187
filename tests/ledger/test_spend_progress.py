"""Who imports which advertiser, and since when nobody could."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.grants import NewGrant, delete_grant, store_grant
from ledger.pool import open_pool
from ledger.spend_progress import (
    LATE,
    LEASE,
    ImportLease,
    LeaseLostError,
    TurnEnd,
    end_turn,
    get_progress,
    hold_lease,
    release,
    set_pulled_at,
    spend_alerts,
    take_lease,
)
from tests.ad_accounts.import_scene import APP, ImportScene, import_scene
from tests.sandbox.accounts.examples import ADVERTISER

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
ONE, OTHER = ImportLease(ADVERTISER, "one"), ImportLease(ADVERTISER, "other")


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Any]:
    opened = await open_pool(database_url, max_size=1)
    yield opened
    await opened.close()


async def test_a_lease_keeps_others_out_until_it_ends(pool: Any) -> None:
    assert await take_lease(pool, ONE, NOW)
    assert await take_lease(pool, OTHER, NOW + LEASE - timedelta(seconds=1)) is None
    assert await take_lease(pool, OTHER, NOW + LEASE)
    with pytest.raises(LeaseLostError):
        await hold_lease(pool, ONE, NOW)


async def test_a_lease_that_is_held_on_to_does_not_end(pool: Any) -> None:
    await take_lease(pool, ONE, NOW)
    await hold_lease(pool, ONE, NOW + timedelta(minutes=4))
    assert await take_lease(pool, OTHER, NOW + LEASE) is None


async def test_one_that_lost_its_lease_changes_nothing(pool: Any) -> None:
    await take_lease(pool, ONE, NOW)
    await take_lease(pool, OTHER, NOW + LEASE)
    await set_pulled_at(pool, ONE, NOW)
    await end_turn(pool, ONE, TurnEnd(NOW, error="old"))
    await release(pool, ONE)
    progress = await get_progress(pool, ADVERTISER)
    assert progress is not None
    assert (progress.pulled_at, progress.error, progress.lease) == (None, "", "other")


async def test_a_turn_that_ended_leaves_when_the_next_one_is_due(pool: Any) -> None:
    await take_lease(pool, ONE, NOW)
    await end_turn(pool, ONE, TurnEnd(NOW + timedelta(hours=1), NOW, "50000: busy", 2))
    progress = await get_progress(pool, ADVERTISER)
    assert progress is not None
    assert (progress.due_at, progress.failures, progress.lease) == (NOW + timedelta(hours=1), 2, None)
    assert await take_lease(pool, OTHER, NOW)


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[ImportScene]:
    async with import_scene(database_url) as opened:
        await opened.connect()
        yield opened


async def test_spend_that_has_not_come_in_for_six_hours_is_an_alert_with_the_reason(scene: ImportScene) -> None:
    await scene.load()
    await scene.turns()
    pulled_at = scene.clock.now
    assert await spend_alerts(scene.pool, pulled_at + timedelta(hours=6)) == []
    await scene.fault(endpoint="/report/integrated/get/", times=3, code=50000, message="Internal error")
    scene.clock.turn(hours=1)
    await scene.turn()
    (alert,) = await spend_alerts(scene.pool, pulled_at + timedelta(hours=6, seconds=1))
    assert (alert.kind, alert.app_id) == (LATE, APP)
    assert "since 2026-11-20 10:00 UTC" in alert.message
    assert "50000" in alert.message


async def test_an_advertiser_whose_spend_never_came_in_is_an_alert_six_hours_after_it_was_chosen(
    scene: ImportScene,
) -> None:
    assert await spend_alerts(scene.pool, scene.clock.now + timedelta(hours=6)) == []
    (alert,) = await spend_alerts(scene.pool, scene.clock.now + timedelta(hours=7))
    assert " ever" in alert.message


async def test_an_app_that_was_disconnected_waits_for_no_spend_and_once_it_is_connected_again_for_six_hours(
    scene: ImportScene,
) -> None:
    await scene.load()
    await scene.turns()
    grant = await delete_grant(scene.pool, APP)
    assert grant is not None
    later = scene.clock.now + timedelta(days=30)
    assert await spend_alerts(scene.pool, later) == []
    token, scopes = grant.access_token_encrypted, grant.scopes
    await store_grant(scene.pool, NewGrant(APP, token, None, None, scopes), later)
    assert await spend_alerts(scene.pool, later + timedelta(hours=6)) == []
    (alert,) = await spend_alerts(scene.pool, later + timedelta(hours=7))
    assert "since 2026-11-20 10:00 UTC" in alert.message
