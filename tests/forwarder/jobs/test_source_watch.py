"""Webhooks that went silent, and second sources of revenue, are pointed out."""

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import generate_latest

from forwarder.jobs.alerts import watch_sources
from ledger.alerts import standing_alerts
from ledger.revenue_sources import note_second_sources
from ledger.webhook_events import last_received, note_received
from tests.forwarder.delivering.scene import APP, Scene

pytestmark = pytest.mark.anyio


@pytest.fixture
async def connected(scene: Scene) -> Scene:
    await scene.pool.execute("""UPDATE apps SET secrets = '{"revenuecat_authorization": "x"}'""")
    return scene


async def alerts(scene: Scene) -> list[str]:
    await watch_sources(scene.pool, scene.clock.now)
    return [alert.alert_key for alert in await standing_alerts(scene.pool)]


@pytest.mark.parametrize(("hours", "silent"), [(23, False), (25, True)])
async def test_a_webhook_is_silent_after_a_day(connected: Scene, hours: int, silent: bool) -> None:
    await note_received(connected.pool, {(APP, "revenuecat"): connected.clock.now})
    connected.clock.turn(hours=hours)
    assert await alerts(connected) == ([f"webhook_silent:{APP}:revenuecat"] if silent else [])


async def test_a_webhook_that_speaks_again_is_no_longer_pointed_out(connected: Scene) -> None:
    connected.clock.turn(hours=25)
    assert await alerts(connected) != []
    await note_received(connected.pool, {(APP, "revenuecat"): connected.clock.now})
    assert await alerts(connected) == []


async def test_a_source_without_a_secret_is_not_missed(scene: Scene) -> None:
    await note_received(scene.pool, {(APP, "superwall"): scene.clock.now - timedelta(days=3)})
    assert await alerts(scene) == []


async def test_a_second_source_of_revenue_is_pointed_out_while_it_goes_on(scene: Scene) -> None:
    await note_second_sources(scene.pool, {(APP, "revenuecat"): scene.clock.now})
    assert await alerts(scene) == [f"second_revenue_source:{APP}:revenuecat"]
    scene.clock.turn(hours=25)
    assert await alerts(scene) == []


async def test_the_source_an_app_has_chosen_is_no_second_one(scene: Scene) -> None:
    await note_second_sources(scene.pool, {(APP, "revenuecat"): scene.clock.now})
    await scene.set_app(revenue_source="revenuecat")
    assert await alerts(scene) == []


async def test_the_metric_says_when_each_source_was_heard_of(scene: Scene) -> None:
    await note_received(scene.pool, {(APP, "stripe"): scene.clock.now})
    metrics: Any = scene.metrics
    metrics.show_webhooks(await last_received(scene.pool))
    line = f'signalpost_webhook_last_received_timestamp_seconds{{app="{APP}",provider="stripe"}}'
    (found,) = [row for row in generate_latest(metrics.registry).decode().splitlines() if row.startswith(line)]
    assert float(found.rpartition(" ")[2]) == pytest.approx(scene.clock.now.timestamp(), abs=1)
