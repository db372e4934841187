"""What has come in for an app since a moment: the proof that its set-up works."""

from datetime import datetime, timedelta
from typing import Any, Final

QUARTER: Final = timedelta(minutes=15)
"""Clicks are counted by it: `visit_counts.begins_at`."""

CLICKS_SINCE = """
SELECT coalesce(sum(v.visits), 0)::bigint FROM links l
JOIN visit_counts v ON v.link = l.slug AND v.begins_at >= $2 AND v.kind = 'click'
WHERE l.app_id = $1
"""


async def clicks_since(connection: Any, app_id: str, begins_at: datetime) -> int:
    """Persons' clicks in the quarters from this one on. `connection` is an asyncpg connection or pool, here and
    below.
    """
    found: int = await connection.fetchval(CLICKS_SINCE, app_id, begins_at)
    return found


# by the index over occurred_at: what is told more than a day late proves nothing about now
FIRST_INSTALL_SINCE = """
SELECT install_id, received_at, match_method FROM installs
WHERE app_id = $1 AND occurred_at >= $2::timestamptz - interval '1 day' AND received_at >= $2
ORDER BY received_at LIMIT 1
"""
FIRST_EVENT_SINCE = """
SELECT name, source, received_at FROM events
WHERE app_id = $1 AND occurred_at >= $2::timestamptz - interval '1 day' AND received_at >= $2 AND name <> 'install'
ORDER BY received_at LIMIT 1
"""


async def first_install_since(connection: Any, app_id: str, at: datetime) -> dict[str, Any] | None:
    """{"install_id", "received_at", "match_method"}; None = none yet."""
    row = await connection.fetchrow(FIRST_INSTALL_SINCE, app_id, at)
    return dict(row) if row is not None else None


async def first_event_since(connection: Any, app_id: str, at: datetime) -> dict[str, Any] | None:
    """{"name", "source", "received_at"} of the first that is no install; None = none yet."""
    row = await connection.fetchrow(FIRST_EVENT_SINCE, app_id, at)
    return dict(row) if row is not None else None


LATEST_INSTALL = "SELECT occurred_at FROM installs WHERE app_id = $1 ORDER BY occurred_at DESC LIMIT 1"
LATEST_EVENT = "SELECT name, source, occurred_at FROM events WHERE app_id = $1 ORDER BY occurred_at DESC LIMIT 1"


async def latest_install(connection: Any, app_id: str) -> datetime | None:
    """When the app was last installed."""
    found: datetime | None = await connection.fetchval(LATEST_INSTALL, app_id)
    return found


async def latest_event(connection: Any, app_id: str) -> dict[str, Any] | None:
    """{"name", "source", "occurred_at"}, installs included."""
    row = await connection.fetchrow(LATEST_EVENT, app_id)
    return dict(row) if row is not None else None
