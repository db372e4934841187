"""What is new of an app, by the numbers that rows are given: events (an install is one, too), attempts, clicks.

Numbers are given when a row is written and seen when its transaction ends, so a lower one may appear after a higher
one. `newest` and `writers` tell up to which number nothing can appear any more.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

NEWEST = """
SELECT (SELECT max(event_key) FROM events WHERE app_id = $1) AS event_key,
    (SELECT max(attempt_id) FROM attempts WHERE app_id = $1) AS attempt_id
"""


async def newest(connection: Any, app_id: str) -> tuple[int, int]:
    """The highest (event_key, attempt_id) that can be seen; 0 where there is none."""
    row = await connection.fetchrow(NEWEST, app_id)
    return row["event_key"] or 0, row["attempt_id"] or 0


# who writes a row locks the table like this before the row has its number, and until it can be seen
WRITERS = """
SELECT DISTINCT virtualtransaction FROM pg_locks
WHERE relation IN ('events'::regclass, 'attempts'::regclass) AND mode = 'RowExclusiveLock' AND granted
"""


async def writers(connection: Any) -> frozenset[str]:
    """The transactions that may have written events or attempts which cannot be seen yet."""
    return frozenset(row["virtualtransaction"] for row in await connection.fetch(WRITERS))


@dataclass(frozen=True, slots=True)
class Part:
    """Rows with numbers above `after`, up to `until`, the newest `limit` of them."""

    after: int
    until: int
    limit: int


NEW_EVENTS = """
SELECT e.event_key AS number, e.event_id, e.name, e.source, e.install_id, e.received_at AS at, e.value, e.currency,
    i.platform, i.match_method AS method, i.match_probability AS probability, i.match_reason AS reason,
    i.click ->> 'link' AS link, coalesce(i.click ->> 'campaign_name', i.click ->> 'campaign_id') AS campaign
FROM events e LEFT JOIN installs i ON i.app_id = e.app_id AND i.install_id = e.install_id
WHERE e.app_id = $1 AND e.event_key > $2 AND e.event_key <= $3 ORDER BY e.event_key DESC LIMIT $4
"""
COUNT_EVENTS = "SELECT count(*) FROM events WHERE app_id = $1 AND event_key > $2 AND event_key <= $3"


async def new_events(connection: Any, app_id: str, part: Part) -> list[dict[str, Any]]:
    """Newest first, with the install's match."""
    rows = await connection.fetch(NEW_EVENTS, app_id, part.after, part.until, part.limit)
    return [dict(row) for row in rows]


NEW_ATTEMPTS = """
SELECT a.attempt_id AS number, a.at, a.outcome, a.code, a.message, a.delivery_id::text, d.source_event,
    d.target_event, d.install_id, i.click ->> 'link' AS link,
    coalesce(i.click ->> 'campaign_name', i.click ->> 'campaign_id') AS campaign
FROM attempts a JOIN deliveries d ON d.app_id = a.app_id AND d.delivery_id = a.delivery_id
LEFT JOIN installs i ON i.app_id = d.app_id AND i.install_id = d.install_id
WHERE a.app_id = $1 AND a.attempt_id > $2 AND a.attempt_id <= $3 ORDER BY a.attempt_id DESC LIMIT $4
"""
COUNT_ATTEMPTS = "SELECT count(*) FROM attempts WHERE app_id = $1 AND attempt_id > $2 AND attempt_id <= $3"


async def new_attempts(connection: Any, app_id: str, part: Part) -> list[dict[str, Any]]:
    """Newest first, with the delivery and its install's click."""
    rows = await connection.fetch(NEW_ATTEMPTS, app_id, part.after, part.until, part.limit)
    return [dict(row) for row in rows]


async def count_new(connection: Any, app_id: str, events: Part, attempts: Part) -> int:
    """How many rows the two parts have, whatever their limits."""
    found = await connection.fetchval(COUNT_EVENTS, app_id, events.after, events.until)
    return int(found + await connection.fetchval(COUNT_ATTEMPTS, app_id, attempts.after, attempts.until))


CLICKS = """
SELECT v.begins_at, v.link, sum(v.visits)::bigint AS clicks
FROM links l JOIN visit_counts v ON v.link = l.slug
WHERE l.app_id = $1 AND v.kind = 'click' AND v.begins_at >= $2 AND v.begins_at < $3
GROUP BY v.begins_at, v.link
"""


async def clicks_between(connection: Any, app_id: str, since: datetime, until: datetime) -> dict[tuple[int, str], int]:
    """(begin of a quarter of an hour in Unix s, link) -> its clicks, as far as a worker has brought them here."""
    rows = await connection.fetch(CLICKS, app_id, since, until)
    return {(int(row["begins_at"].timestamp()), row["link"]): row["clicks"] for row in rows}
