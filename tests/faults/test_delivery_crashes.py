"""A worker killed at each step of a delivery (fault 10), and one that is told to stop (25)."""

import dataclasses
import signal
from typing import Any

import anyio
import httpx
import pytest

from forwarder.delivering.delivery import LEASE_FOR, deliver_batch
from ledger.delivery_claims import CLAIM, SETTLE, STORE_PREPARED
from ledger.pixel_state import SENDING_PIXEL
from tests.faults.delivery_oracle import Crash, DoomedPool, drain, reconcile
from tests.forwarder.delivering.scene import PIXEL_REF, Scene
from tests.forwarder.test_worker import Start, delivered

pytestmark = pytest.mark.anyio


def doomed(scene: Scene, statement: str, after: bool) -> Any:
    return dataclasses.replace(scene.delivery_context, pool=DoomedPool(scene.pool, statement, after))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "statement",
    [SENDING_PIXEL, CLAIM, STORE_PREPARED, SETTLE],
    ids=["reading the pixel", "claiming", "stamping", "settling"],
)
async def test_a_worker_killed_at_the_ledger_costs_at_most_one_more_send(
    scene: Scene,
    statement: str,
    after: bool,
) -> None:
    await scene.deliveries(3)
    with pytest.raises(Crash):
        await deliver_batch(doomed(scene, statement, after), PIXEL_REF)
    await drain(scene)
    assert await reconcile(scene, ["e0", "e1", "e2"], crashes=1) == {"delivered": {"e0", "e1", "e2"}}
    assert (await scene.sandbox.events())["unique"] == 3


@pytest.mark.parametrize("taken", [False, True], ids=["before TikTok has it", "after TikTok took it"])
async def test_a_worker_killed_at_tiktok_costs_at_most_one_more_send(
    scene: Scene,
    taken: bool,
) -> None:
    await scene.deliveries(3)

    async def die(request: httpx.Request) -> httpx.Response:
        if taken:
            async with httpx.AsyncClient(trust_env=False) as client:
                path = f"{scene.sandbox.url}{request.url.path}"
                await client.post(path, content=request.content, headers=dict(request.headers))
        raise Crash

    with pytest.raises(Crash):
        await deliver_batch(scene.context_answered_by(die), PIXEL_REF)
    assert await scene.states() == {"sending": 3}
    await drain(scene)
    assert await reconcile(scene, ["e0", "e1", "e2"], crashes=1) == {"delivered": {"e0", "e1", "e2"}}
    assert (await scene.sandbox.events())["duplicates"] == 3 * taken


async def test_nothing_is_sent_by_another_while_the_lease_of_the_dead_runs(scene: Scene) -> None:
    await scene.deliveries(1)
    with pytest.raises(Crash):
        await deliver_batch(doomed(scene, CLAIM, True), PIXEL_REF)
    scene.clock.turn(seconds=LEASE_FOR.total_seconds() - 1)
    assert (await deliver_batch(scene.delivery_context, PIXEL_REF)).claimed == 0
    scene.clock.turn(seconds=1)
    assert (await deliver_batch(scene.delivery_context, PIXEL_REF)).claimed == 1


@pytest.mark.parametrize("signals", [1, 2], ids=["once", "twice"])
async def test_a_stop_during_load_loses_nothing_and_ends_in_time(
    keyed_scene: Scene,
    start: Start,
    signals: int,
) -> None:
    await keyed_scene.sandbox.fault(delay_s=0.2, times=3)
    await keyed_scene.deliveries(40)
    worker = start()
    with anyio.fail_after(30):
        while not await keyed_scene.sandbox.requests():  # noqa: ASYNC110 - another process sends them
            await anyio.sleep(0.01)
    for _ in range(signals):
        worker.send_signal(signal.SIGTERM)
    assert await anyio.to_thread.run_sync(worker.wait, 12) == 0
    assert "sending" not in await keyed_scene.states()
    start()
    await delivered(keyed_scene, 40)
    await reconcile(keyed_scene, [f"e{number}" for number in range(40)])
