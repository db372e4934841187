"""Trials and subscriptions that last: a while after their start they become an event of their own, unless they ended.

For the worker's timetable. Timers are rows of the ledger, so they outlive every process, and are emitted in the
transaction that settles them, so each is emitted once.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from config.secrets import Keyring
from forwarder.directory import Directory
from forwarder.intake.event_batch import EventLedger
from forwarder.intake.webhooks.event_rows import ENDING_NAMES, QUALIFIED
from ledger.erased_meanwhile import erase_again
from ledger.event_timers import DueTimer, apps_with_due, settle_timers, take_due
from ledger.events import NewEvent
from ledger.locked_out import again

BATCH: Final = 200  # timers in one transaction


@dataclass(frozen=True, slots=True)
class Emitted:
    """What became of a batch of timers."""

    due: int
    qualified: int
    """How many of them had not ended."""


async def emit_due(pool: Any, keyring: Keyring, now: datetime) -> Emitted:
    """Settle the timers that have run out, a batch of each app. Call until none is due."""
    directory = Directory(pool, keyring)
    events = EventLedger(pool, directory, keyring.derive("tombstone"))
    emitted = []
    for app_id in await apps_with_due(pool, now):
        await directory.refresh()
        emitted.append(await again(partial(_emit_batch, events, app_id, now)))
    return Emitted(sum(one.due for one in emitted), sum(one.qualified for one in emitted))


async def _emit_batch(events: EventLedger, app_id: str, now: datetime) -> Emitted:
    async with events.pool.acquire() as connection:
        async with connection.transaction():
            timers = await take_due(connection, app_id, ENDING_NAMES, BATCH, now)
            stored = await events.store(connection, [qualified(timer, now) for timer in timers if not timer.ended])
            await settle_timers(connection, app_id, {t.event_key: "ended" if t.ended else "emitted" for t in timers})
        await erase_again(connection, events.tombstone_keys, stored.whose)
    return Emitted(len(timers), sum(not timer.ended for timer in timers))


def qualified(timer: DueTimer, now: datetime) -> NewEvent:
    """The event a start becomes: the same person and sum, at the end of the delay. Pure."""
    return NewEvent(
        app_id=timer.app_id,
        event_id=timer.event_id + QUALIFIED,
        source=timer.source,
        name=timer.name,
        install_id=timer.install_id,
        external_ids=timer.external_ids,
        occurred_at=min(timer.qualified_at, now),
        received_at=now,
        value=timer.value,
        currency=timer.currency,
        body=timer.body,
        joined=False,
        flags=(),
        subscription_id=timer.subscription_id,
    )
