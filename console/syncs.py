"""Reads of spend that are done in this process: those begun here, and those that another one left."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from admin.readiness import LEDGER_AWAY
from admin.session import Session
from admin.spend_reads import run_read, waiting
from config.news import News

LOOK_EVERY_S: Final = 5.0

log = structlog.get_logger()


class Syncs:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, app_id: str) -> None:
        """Take the app's waiting read up."""
        if app_id in self._tasks:
            return
        task = asyncio.create_task(run_read(self._session, app_id))
        self._tasks[app_id] = task
        task.add_done_callback(lambda done: self._ended(app_id, done))

    async def keep_looking(self) -> None:
        """Until it is cancelled: what was asked for and nobody is at."""
        news = News()
        while True:
            try:
                for app_id in await waiting(self._session):
                    self.begin(app_id)
            except LEDGER_AWAY as error:
                if news.is_news("no ledger"):
                    log.warning("waiting reads of spend could not be looked for", error=type(error).__name__)
            await asyncio.sleep(LOOK_EVERY_S)

    async def end(self) -> None:
        """What is not at its end is taken up by the next that looks."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, app_id: str, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(app_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("a read of spend was cut off", app_id=app_id, error=type(error).__name__)


@asynccontextmanager
async def open_syncs(session: Session) -> AsyncIterator[Syncs]:
    syncs = Syncs(session)
    looking = asyncio.create_task(syncs.keep_looking())
    try:
        yield syncs
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
        await syncs.end()
