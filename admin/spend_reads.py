"""Reads of spend that go on while whoever asked for them has left: begun, taken up by any process, watched by all."""

import asyncio
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import structlog

from admin.refusal import REFUSALS
from admin.session import Session
from admin.spend import DayRange, resolved_range, sync_spend
from ledger.outages import LEDGER_AWAY
from ledger.spend_reads import (
    SpendRead,
    begin_read,
    end_read,
    give_read_back,
    read_of,
    still_at_it,
    take_read,
    waiting_reads,
)

HEARD_EVERY_S: Final = 5.0
FAULT: Final = "a fault of the console; it was logged. What was read so far is kept"

log = structlog.get_logger()


async def ask_for_spend(session: Session, app_id: str, asked: DayRange) -> bool:
    """Whoever looks for waiting reads next does it. False: one goes on already.

    Raises:
        Misused: the days cannot be.
        Refused: the app has chosen no advertiser.
    """
    first, last = await resolved_range(session, app_id, asked)
    return await begin_read(session.database, app_id, (session.actor, datetime.now(UTC)), (first, last))


async def spend_read(session: Session, app_id: str) -> SpendRead | None:
    """The app's last one, whichever process is at it."""
    return await read_of(session.database, app_id)


async def waiting(session: Session) -> list[str]:
    """Apps whose read nobody is at: just asked for, or left by a process that stopped."""
    return await waiting_reads(session.database, datetime.now(UTC))


async def run_read(session: Session, app_id: str) -> None:
    """Do the app's waiting read to its end; nothing where another process took it. Cancelled, it can be taken up."""
    read = await take_read(session.database, app_id, secrets.token_hex(8), datetime.now(UTC))
    if read is None:
        return
    run = _Run(replace(session, notes=[]), read)
    try:
        await run.to_its_end()
    except asyncio.CancelledError:
        await asyncio.shield(run.give_back())
        raise


class _Run:
    """One read while it is done here."""

    def __init__(self, session: Session, read: SpendRead) -> None:
        self._session, self._read = session, read
        self._before, self._done = read.days_done, read.days_done

    async def to_its_end(self) -> None:
        asked = DayRange(self._read.first_day, self._read.last_day, self._before)
        work = asyncio.create_task(sync_spend(self._session, self._read.app_id, asked, self._shown))
        try:
            while not (await asyncio.wait({work}, timeout=HEARD_EVERY_S))[0]:
                if not await still_at_it(self._session.database, self._read, datetime.now(UTC), self._done):
                    return  # somebody took it for dead
            await self._end(work)
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def give_back(self) -> None:
        await give_read_back(self._session.database, self._read, self._done)

    def _shown(self, days: int, _of_days: int) -> None:
        self._done = days

    async def _end(self, work: "asyncio.Task[dict[str, object]]") -> None:
        database, now = self._session.database, datetime.now(UTC)
        try:
            result = work.result()
        except REFUSALS as error:
            await end_read(database, self._read, now, str(error))
        except LEDGER_AWAY:
            raise  # it is found waiting once the ledger is back
        except Exception as error:
            log.exception("a read of spend failed", app_id=self._read.app_id, error=type(error).__name__)
            await end_read(database, self._read, now, FAULT)
        else:
            await end_read(database, self._read, now, rows=(result["pulled_rows"], result["changed_rows"]))  # type: ignore[arg-type]
