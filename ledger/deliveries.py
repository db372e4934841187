"""Deliveries as they are made: one event on its way to one pixel, stored with the event itself (`stored_events`)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from ledger.event_refs import EventRef, columns_of

State = Literal["due", "sending", "delivered", "suppressed", "skipped", "dead"]

WAITING_FOR_INSTALL = "waiting for install"


class NewDelivery(msgspec.Struct, frozen=True):
    """A delivery before it is stored."""

    app_id: str
    pixel_id: str
    event_id: str
    """As it will be sent, the same on every retry and replay."""
    source_event_id: str
    """Of the event, which gets its key as it is stored."""
    source_event: str
    target_event: str
    """TikTok's name; empty where it is not mapped."""
    install_id: str | None
    state: State
    reason: str
    """Why it is not simply due; empty when it is."""
    next_attempt_at: datetime | None
    """When a due delivery may be sent first; None for every other state."""


RELEASE_FOR_INSTALLS = """
UPDATE deliveries d SET next_attempt_at = least(d.next_attempt_at, $3), reason = ''
FROM unnest($1::text[], $2::text[]) AS arrived (app_id, install_id)
WHERE d.app_id = arrived.app_id AND d.install_id = arrived.install_id
    AND d.state = 'due' AND d.reason = 'waiting for install'
"""


async def release_for_installs(connection: Any, installs: Sequence[tuple[str, str]], now: datetime) -> int:
    """What waited for these installs, (app_id, install_id) each, is due now. Returns how many deliveries."""
    app_ids, install_ids = [app_id for app_id, _ in installs], [install_id for _, install_id in installs]
    return rows_of(await connection.execute(RELEASE_FOR_INSTALLS, app_ids, install_ids, now))


RELEASE_FOR_EVENTS = """
UPDATE deliveries d SET next_attempt_at = least(d.next_attempt_at, $3), reason = ''
FROM unnest($1::text[], $2::bigint[]) AS joined (app_id, event_key)
WHERE d.app_id = joined.app_id AND d.event_key = joined.event_key
    AND d.state = 'due' AND d.reason = 'waiting for install'
"""


async def release_for_events(connection: Any, events: Sequence[EventRef], now: datetime) -> int:
    """The same for events that an install was joined to by an external id."""
    return rows_of(await connection.execute(RELEASE_FOR_EVENTS, *columns_of(events), now))


def rows_of(status: str) -> int:
    """How many rows a statement touched, of PostgreSQL's command tag (`UPDATE 3`, `INSERT 0 3`)."""
    return int(status.rsplit(" ", maxsplit=1)[1])
