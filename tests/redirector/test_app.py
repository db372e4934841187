"""What keeps a redirector going."""

import asyncio

import pytest
from structlog.testing import capture_logs

from redirector import app

pytestmark = pytest.mark.anyio


async def test_upkeep_that_fails_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "MAINTENANCE_EVERY_S", 0)
    begun, twice = 0, asyncio.Event()

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun == 2:
            twice.set()
        raise ValueError("a mistake of ours")

    with capture_logs() as lines:
        task = asyncio.create_task(app._keep_going(work, 0.0))
        async with asyncio.timeout(5):
            await twice.wait()
        task.cancel()
    assert [line["event"] for line in lines] == ["upkeep failed, going on"]  # once a minute, however often it fails


async def test_a_task_that_takes_a_cancellation_for_something_else_is_ended_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app, "CANCEL_AGAIN_S", 0.01)
    swallowed = 0

    async def work() -> None:
        nonlocal swallowed
        while swallowed < 2:
            try:
                await asyncio.sleep(3_600)
            except asyncio.CancelledError:
                swallowed += 1
        await asyncio.sleep(3_600)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await app.end([task])
    assert (task.cancelled(), swallowed) == (True, 2)
