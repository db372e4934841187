"""What a process holds of the ledger in memory, read again and again."""

import asyncio
from collections.abc import Awaitable, Callable

from forwarder.outages import OutageLog
from ledger.outages import LEDGER_FAILED


async def keep_fresh(refresh: Callable[[], Awaitable[None]], every_s: float, what: str, outages: OutageLog) -> None:
    """Refresh until cancelled. While PostgreSQL is away the last reading stays, and the log says so."""
    while True:
        try:
            await refresh()
        except LEDGER_FAILED as error:
            outages.failed(f"{what} not refreshed", error)
        await asyncio.sleep(every_s)
