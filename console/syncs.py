"""Reads of spend that somebody asked for: they go on while the page is left, and the next look says how far they are.

Kept in memory: what was read stands in the ledger, and a read that a restart ends is begun again by whoever wants it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import structlog

from admin.refusal import REFUSALS
from admin.session import Session
from admin.spend import DayRange, sync_spend

log = structlog.get_logger()


@dataclass(slots=True)
class Sync:
    """One read, while it goes on and after."""

    begun_at: datetime
    by: str
    days: int = 0
    of_days: int = 0
    """0 = campaigns and ads are being read, before the days."""
    result: dict[str, Any] | None = None
    problem: str = ""

    @property
    def is_going_on(self) -> bool:
        return self.result is None and not self.problem


class Syncs:
    """The last one of each app."""

    def __init__(self) -> None:
        self._last: dict[str, Sync] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def of(self, app_id: str) -> Sync | None:
        return self._last.get(app_id)

    def begin(self, session: Session, app_id: str, asked: DayRange) -> bool:
        """False: one goes on already."""
        present = self._last.get(app_id)
        if present is not None and present.is_going_on:
            return False
        sync = self._last[app_id] = Sync(datetime.now(UTC), session.actor)
        task = asyncio.create_task(_read(replace(session, notes=[]), app_id, asked, sync))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def end(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read(session: Session, app_id: str, asked: DayRange, sync: Sync) -> None:
    def shown(days: int, of_days: int) -> None:
        sync.days, sync.of_days = days, of_days

    try:
        sync.result = await sync_spend(session, app_id, asked, shown)
    except REFUSALS as error:
        sync.problem = str(error)
    except asyncio.CancelledError:
        sync.problem = "the console was stopped meanwhile"
        raise
    except Exception as error:
        sync.problem = "a fault of the console; it was logged. What was read so far is kept"
        log.exception("a read of spend failed", app_id=app_id, error=type(error).__name__)


@asynccontextmanager
async def open_syncs() -> AsyncIterator[Syncs]:
    syncs = Syncs()
    try:
        yield syncs
    finally:
        await syncs.end()
