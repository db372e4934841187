"""The worker's round of imports: every due advertiser, whatever becomes of another, and no delivery waits for it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import structlog

from forwarder.jobs.alerts import alerts_by_kind, watch_spend
from forwarder.jobs.spend_imports import import_due
from forwarder.jobs.timetable import TIMETABLE
from forwarder.worker_metrics import WorkerMetrics
from ledger.advertisers import SeenAdvertiser, put_advertisers, select_advertiser
from ledger.spend_progress import last_pulls
from tests.ad_accounts.import_scene import ADVERTISER, APP, ImportScene, import_scene, spent
from tests.forwarder.delivering.scene import Scene, deliver
from tests.sandbox.accounts.examples import OTHER
from tests.tiktok.asked import refusal
from tiktok.business_api import BusinessApi

pytestmark = pytest.mark.anyio

SECOND_APP = "app_bbbbbbbbbbbb"


@pytest.fixture
async def imports(database_url: str) -> AsyncIterator[ImportScene]:
    async with import_scene(database_url) as opened:
        await opened.connect()
        yield opened


async def choose_other(scene: ImportScene) -> None:
    """A second app, whose advertiser is the account's other one."""
    await scene.connect(SECOND_APP)
    seen = SeenAdvertiser(OTHER, "Other", "USD", "America/Los_Angeles")
    await put_advertisers(scene.pool, SECOND_APP, [seen], scene.clock())
    async with scene.pool.acquire() as connection, connection.transaction():
        await select_advertiser(connection, SECOND_APP, OTHER, scene.clock())


async def pulled(scene: ImportScene) -> dict[str, bool]:
    return {row["advertiser_id"]: row["pulled_at"] is not None for row in await scene.pool.fetch(
        "SELECT advertiser_id, pulled_at FROM spend_progress"
    )}  # fmt: skip


async def load_both(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "2.00"))
    await scene.client.post(
        "/_sandbox/accounts",
        json={"advertisers": [{"advertiser_id": ADVERTISER}, {"advertiser_id": OTHER}]},
    )


async def test_every_advertiser_that_is_due_has_a_turn(imports: ImportScene) -> None:
    await choose_other(imports)
    await load_both(imports)
    await import_due(imports.context)
    assert await pulled(imports) == {ADVERTISER: True, OTHER: True}


async def test_a_turn_that_fails_lets_the_others_come_to_their_end_and_waits(imports: ImportScene) -> None:
    await choose_other(imports)
    await load_both(imports)
    sandbox = imports.client

    class Failing(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.params.get("advertiser_id") == ADVERTISER:
                raise RuntimeError("a bug")
            return await sandbox._transport.handle_async_request(request)

    async with httpx.AsyncClient(transport=Failing()) as client:
        context = imports.new_context(api=BusinessApi(client, "http://sandbox.test"))
        with pytest.raises(RuntimeError, match="a bug"):
            await import_due(context)
        assert await pulled(imports) == {ADVERTISER: False, OTHER: True}
        assert ADVERTISER not in {one.advertiser_id for one in await imports.due()}


def test_the_import_is_a_line_of_the_timetable_of_its_own() -> None:
    """Each line is kept by a task of its own, so that a long import keeps no other waiting."""
    (task,) = (task for task in TIMETABLE if task.name == "import spend")
    assert task.every_s <= 10


async def test_a_throttle_of_reports_until_midnight_pauses_no_delivery(scene: Scene, database_url: str) -> None:
    async with import_scene(database_url) as imports:
        await imports.connect(SECOND_APP)
        imports.context.quota.throttled(refusal(40100, "QPD limit reached"))
        await import_due(imports.context)
        assert (await imports.progress()).paused_until is not None
        await scene.deliveries(1)
        await deliver(scene)
        assert await scene.states() == {"delivered": 1}


async def test_spend_that_is_late_is_logged_counted_and_cleared(imports: ImportScene) -> None:
    now = imports.clock()
    with structlog.testing.capture_logs() as logged:
        await watch_spend(imports.pool, now + timedelta(hours=7))
    assert [(line["kind"], line["app_id"]) for line in logged] == [("spend_late", APP)]
    assert await alerts_by_kind(imports.pool) == {"spend_late": 1}
    await imports.load()
    await imports.turns()
    await watch_spend(imports.pool, now + timedelta(hours=5))
    assert await alerts_by_kind(imports.pool) == {}


async def test_pulls_and_the_age_of_the_last_one_are_shown(imports: ImportScene) -> None:
    metrics = WorkerMetrics()
    await imports.load(spent("2026-11-20 09", "2.00"))
    context = imports.new_context(counted=metrics.pulled)
    await imports.turn(context)
    imports.clock.turn(hours=1)
    await imports.fault(endpoint="/report/integrated/get/", times=3, code=50000)
    await imports.turn(context)
    metrics.show_spend(await last_pulls(imports.pool), imports.clock.now)

    def value(name: str, **labels: Any) -> float | None:
        return metrics.registry.get_sample_value(name, labels)

    assert (value("signalpost_spend_pulls_total", outcome="changed") or 0) >= 2
    assert value("signalpost_spend_pulls_total", outcome="transient") == 1
    assert value("signalpost_spend_last_pull_age_seconds", app=APP, advertiser=ADVERTISER) == 3605  # 5 s of waits
