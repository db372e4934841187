"""What keeps a redirector going."""

import asyncio

import pytest

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

    task = asyncio.create_task(app._keep_going(work, 0.0))
    async with asyncio.timeout(5):
        await twice.wait()
    task.cancel()
