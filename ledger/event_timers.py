"""Timers of trials and subscriptions that count as qualified unless they end in time. Rows, so that they outlive us."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from ledger.event_refs import EventRef, columns_of
from ledger.row_inserts import inserts


@dataclass(frozen=True, slots=True)
class NewTimer:
    """A timer before it is stored."""

    app_id: str
    event_key: int
    """The start."""
    name: str
    """Of the event it becomes."""
    due_at: datetime
    qualified_at: datetime
    """When the delay is over by the clock of the start itself, which may have arrived late."""


INSERT_TIMERS = """
INSERT INTO event_timers (app_id, event_key, name, due_at, qualified_at)
VALUES ($1::text, $2::bigint, $3::text, $4::timestamptz, $5::timestamptz)
ON CONFLICT (app_id, event_key) DO NOTHING
"""


async def insert_timers(connection: Any, timers: Sequence[NewTimer]) -> None:
    rows = [(timer.app_id, timer.event_key, timer.name, timer.due_at, timer.qualified_at) for timer in timers]
    for statement, values in inserts(INSERT_TIMERS, rows):
        await connection.execute(statement, *values)


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer that has run out, with its start as it is now."""

    event_key: int
    """Of the start: where the timer lies in a ledger of partitions."""
    name: str
    qualified_at: datetime
    ended: bool
    """A cancellation, expiration or refund of the same subscription happened in time. A later one does not count,
    however late the start was reported or the timer is looked at.
    """
    app_id: str
    event_id: str
    """Of the start, as are the following."""
    source: str
    install_id: str | None
    external_ids: tuple[str, ...]
    value: Decimal | None
    currency: str | None
    body: dict[str, Any]
    subscription_id: str | None


# by index, as `pixel_state.PIXELS_WITH_DUE`
APPS_WITH_DUE = """
SELECT a.app_id FROM apps a CROSS JOIN LATERAL (
    SELECT FROM event_timers t WHERE t.app_id = a.app_id AND t.state = 'waiting' AND t.due_at <= $1
    ORDER BY t.due_at LIMIT 1) AS first
ORDER BY a.app_id
"""


async def apps_with_due(connection: Any, now: datetime) -> list[str]:
    """Apps with a timer that has run out. `connection` is an asyncpg connection or pool."""
    return [row["app_id"] for row in await connection.fetch(APPS_WITH_DUE, now)]


TAKE_DUE = """
SELECT t.event_key, t.name, t.qualified_at, e.app_id, e.event_id, e.source, e.install_id, e.external_ids,
    e.value, e.currency, e.body, e.subscription_id
FROM event_timers t JOIN events e ON e.app_id = t.app_id AND e.event_key = t.event_key
WHERE t.app_id = $3 AND t.state = 'waiting' AND t.due_at <= $1
ORDER BY t.due_at LIMIT $2 FOR UPDATE OF t SKIP LOCKED
"""
# asked once the timers are held: an ending that was stored while they were looked for is seen
ENDED = """
SELECT e.event_key FROM unnest($2::bigint[]) AS given (event_key)
JOIN events e ON e.app_id = $1 AND e.event_key = given.event_key
JOIN event_timers t ON t.app_id = $1 AND t.event_key = given.event_key
WHERE EXISTS (SELECT FROM events x
    WHERE x.app_id = e.app_id AND x.subscription_id = e.subscription_id AND x.source = e.source
        AND x.name = ANY ($3::text[]) AND x.occurred_at BETWEEN e.occurred_at AND t.qualified_at)
"""


async def take_due(connection: Any, app_id: str, endings: Sequence[str], limit: int, now: datetime) -> list[DueTimer]:
    """The app's timers that have run out, locked for the caller's transaction; what another worker took is passed
    over.

    `endings` are the names of the events that end a subscription.
    """
    rows = await connection.fetch(TAKE_DUE, now, limit, app_id)
    keys = [row["event_key"] for row in rows]
    ended = {row["event_key"] for row in await connection.fetch(ENDED, app_id, keys, list(endings))} if rows else set()
    return [
        DueTimer(**{**row, "external_ids": tuple(row["external_ids"]), "ended": row["event_key"] in ended})
        for row in rows
    ]


SETTLE_TIMERS = """
UPDATE event_timers t SET state = s.state FROM unnest($1::bigint[], $2::text[]) AS s (event_key, state)
WHERE t.app_id = $3 AND t.event_key = s.event_key
"""


async def settle_timers(connection: Any, app_id: str, states: Mapping[int, str]) -> None:
    """The event_key of a start -> emitted | ended, of timers of the app."""
    await connection.execute(SETTLE_TIMERS, list(states), list(states.values()), app_id)


_OF_ENDINGS: Final = """unnest($1::text[], $2::bigint[]) AS given (app_id, event_key)
JOIN events ending ON ending.app_id = given.app_id AND ending.event_key = given.event_key
JOIN events start ON start.app_id = ending.app_id AND start.subscription_id = ending.subscription_id
    AND start.source = ending.source
JOIN event_timers t ON t.app_id = start.app_id AND t.event_key = start.event_key"""
# a worker passes them over until the endings are there to be seen; of what it has taken already the end is waited for
HOLD_ENDING = f"""
SELECT FROM {_OF_ENDINGS}
WHERE t.state = 'waiting' ORDER BY t.app_id, t.event_key FOR UPDATE OF t
"""
FLAG_LATE = f"""
UPDATE events q SET flags = q.flags || $3::text
FROM {_OF_ENDINGS} AND t.state = 'emitted'
WHERE ending.occurred_at BETWEEN start.occurred_at AND t.qualified_at
    AND q.app_id = start.app_id AND q.subscription_id = start.subscription_id AND q.event_id = start.event_id || $4
    AND NOT $3 = ANY (q.flags)
RETURNING q.app_id, q.name
"""  # noqa: S608


async def flag_late_endings(
    connection: Any, endings: Sequence[EventRef], flag: str, suffix: str
) -> list[tuple[str, str]]:
    """Flag the qualified events whose subscription had ended by then, as these endings say too late. In the caller's
    transaction, in which the endings were stored; nobody qualifies what they end until it is over.

    `suffix` is what a qualified event's id has behind its start's. Returns (app_id, name) of each.
    """
    if not endings:
        return []
    await connection.execute(HOLD_ENDING, *columns_of(endings))
    rows = await connection.fetch(FLAG_LATE, *columns_of(endings), flag, suffix)
    return [(row["app_id"], row["name"]) for row in rows]
