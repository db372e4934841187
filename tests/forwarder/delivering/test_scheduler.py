"""DeliveryScheduler: many pixels side by side, and fuller batches for a busy one."""

from collections.abc import AsyncIterator

import anyio
import pytest

from forwarder.delivering.scheduler import BUSY_FROM, DeliveryScheduler
from forwarder.jobs.timetable import JobScheduler
from tests.forwarder.delivering.scene import Scene

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scheduler(scene: Scene) -> AsyncIterator[DeliveryScheduler]:
    stopping = anyio.Event()
    async with anyio.create_task_group() as tasks:
        yield DeliveryScheduler(scene.delivery_context, tasks, stopping, JobScheduler(stopping, lambda _: None).guarded)
        stopping.set()


async def round_of(scene: Scene, scheduler: DeliveryScheduler, count: int, first: int = 0) -> int:
    """Make deliveries due, start batches once and let them end; how many requests the sandbox has had by then."""
    for number in range(first, first + count):
        await scene.delivery(f"e{number}")
    await scheduler.start_due()
    with anyio.fail_after(20):
        while scheduler.busy:  # noqa: ASYNC110 - the sandbox is another process
            await anyio.sleep(0.005)
    return len(await scene.sandbox.requests())


async def test_a_quiet_pixels_events_are_sent_as_they_come(scene: Scene, scheduler: DeliveryScheduler) -> None:
    assert [await round_of(scene, scheduler, 1, number) for number in range(3)] == [1, 2, 3]


async def test_a_busy_pixels_next_batch_fills_up_for_a_while(
    scene: Scene, scheduler: DeliveryScheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forwarder.delivering.scheduler.GATHER_FOR_S", 3600.0)
    assert await round_of(scene, scheduler, BUSY_FROM) == 1
    assert await round_of(scene, scheduler, 1, BUSY_FROM) == 1
    assert await scene.states() == {"delivered": BUSY_FROM, "due": 1}


async def test_what_has_gathered_is_sent_when_the_while_is_over(
    scene: Scene, scheduler: DeliveryScheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forwarder.delivering.scheduler.GATHER_FOR_S", 0.05)
    await round_of(scene, scheduler, BUSY_FROM)
    with anyio.fail_after(20):
        while await round_of(scene, scheduler, 0) == 1:
            await scene.delivery(f"more-{anyio.current_time()}")
    assert "due" not in await scene.states()
