"""Rule 5: with an install goes the click that brought it, also where it is not matched with it yet."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from clicks.batch import Batch, Row
from clicks.keys import CLICKS
from forwarder.delivering.delivery import BatchTarget, prepare, send
from ledger.delivery_claims import Lease, claim
from ledger.erasure import erase_click
from ledger.pixel_state import sending_pixel
from tests.forwarder.api import ANDROID, APP, IP, OTHER_APP, PIXEL, android, referrer
from tests.ledger.waiting import until_somebody_waits
from tests.privacy.conftest import Erase, Service

pytestmark = pytest.mark.anyio


async def taken_by_spool(service: Service) -> Batch:
    """All clicks leave Redis, as if it had been away when they came."""
    redis, rows = service.job.redis, []
    async for key in redis.scan_iter(match=CLICKS + b"*"):
        rows += [Row(key, int(at_ms), record) for record, at_ms in await redis.zrange(key, 0, -1, withscores=True)]
        await redis.delete(key)
    return Batch("spooled", 0, rows, {})


@pytest.mark.parametrize("waits", [True, False], ids=["while it waits for its click", "once it counts as unknown"])
async def test_a_click_that_its_install_named_is_not_stored_by_a_spool(
    service: Service, erase: Erase, waits: bool
) -> None:
    click_id = await service.api.click(user_agent=ANDROID)
    spool = await taken_by_spool(service)
    await service.api.install(**android(install_referrer=referrer(click_id)))
    if not waits:
        await service.api.pool.execute("UPDATE installs SET match_method = 'none'")
    assert await erase(install_id="i-1")
    assert await service.api.store.replay(spool) == 1
    assert await service.job.clicks.find(IP, 0, 2**41) == []


async def test_the_click_of_a_match_that_is_written_meanwhile_goes_along(service: Service, erase: Erase) -> None:
    click_id = await service.api.click()
    await service.api.install()
    pool = service.api.pool
    matched = await pool.fetchrow("SELECT match_method, click_id, click FROM installs")
    await pool.execute("UPDATE installs SET match_method = 'pending', click_id = NULL, click = NULL")
    async with pool.acquire() as worker, worker.transaction():
        await worker.execute("UPDATE installs SET match_method = $1, click_id = $2, click = $3", *matched)
        erasing = asyncio.ensure_future(erase(install_id="i-1"))
        await until_somebody_waits(pool)
    assert await erasing
    assert await service.api.store.get(click_id) is None


async def test_another_apps_click_stays_whoever_names_it(service: Service, erase: Erase) -> None:
    click_id = await service.api.click(user_agent=ANDROID, app_id=OTHER_APP)
    await service.api.install(**android(install_referrer=referrer(click_id)))
    assert await erase(install_id="i-1")
    assert await service.api.store.get(click_id) is not None


async def test_a_click_that_is_erased_while_a_worker_sends_it_is_neither_sent_nor_kept(service: Service) -> None:
    """The worker has read it, and made of it what it is about to send."""
    click_id = await service.api.click()
    await service.api.install(click_id=click_id)
    pool, context, service.clock.now = service.api.pool, service.job.delivery_context, datetime.now(UTC)
    pixel = await sending_pixel(pool, (APP, PIXEL), service.clock())
    assert pixel is not None
    lease = Lease(APP, "of this worker", service.clock() + timedelta(seconds=30), pixel.place)
    claimed = await claim(pool, PIXEL, lease, 10, service.clock())
    prepared = await prepare(context, pixel, lease, claimed)
    assert "E.C.P." in str(prepared)
    async with pool.acquire() as connection, connection.transaction():
        assert await erase_click(connection, APP, click_id) == 1
    await send(context, BatchTarget(pixel, "token", lease), prepared)
    assert await service.sent() == []
    service.clock.turn(seconds=31)
    await service.deliver()
    assert await service.sent() == ["Download"]
    assert "E.C.P." not in str([*(await service.sandbox.events())["items"], *await service.api.deliveries()])
