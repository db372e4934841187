"""What a process holds of the ledger in memory, read again and again."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from forwarder.outages import LEDGER_FAILED

log = structlog.get_logger()


async def keep_fresh(refresh: Callable[[], Awaitable[None]], every_s: float, what: str) -> None:
    """Refresh until cancelled. While PostgreSQL is away the last reading stays, and the log says so once an outage."""
    away = False
    while True:
        try:
            await refresh()
            away = False
        except LEDGER_FAILED as error:
            if not away:
                log.warning(f"{what} not refreshed", error=type(error).__name__)
            away = True
        await asyncio.sleep(every_s)
