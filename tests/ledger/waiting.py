"""Waiting for what an engine does by itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

LIMIT_S = 60.0


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Return once it is so; a test that waits in vain fails after a minute."""
    deadline = time.monotonic() + LIMIT_S
    while not await is_so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def until_waiting(pool: Any, count: int, *tasks: "asyncio.Future[Any]") -> None:
    """So many sessions wait for a lock of the ledger, or one of the tasks is done without."""

    async def waits() -> bool:
        await pool.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction it is what it was at first
        return await pool.fetchval(WAITING) >= count or any(task.done() for task in tasks)

    await until(waits)


async def until_somebody_waits(pool: Any, sessions: int = 1) -> None:
    """So many of them, each for a lock of the ledger."""
    await until_waiting(pool, sessions)
