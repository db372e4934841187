"""Waiting for what an engine does by itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable

LIMIT_S = 60.0


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Return once it is so; a test that waits in vain fails after a minute."""
    deadline = time.monotonic() + LIMIT_S
    while not await is_so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
