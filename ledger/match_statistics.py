"""What matches have taught: observations on their way, and the statistics that workers make of them.

An observation is written in the transaction of its install and read and deleted in the one that adds it to the
statistics, so each counts exactly once, whichever process does it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

WHOLE = ""
"""In the place of an app id: what the installs of every app have taught."""

NOTE_OBSERVATIONS = "INSERT INTO match_observations (seen) SELECT * FROM unnest($1::jsonb[])"


async def note_observations(connection: Any, seen: Sequence[Mapping[str, Any]]) -> None:
    """Keep observations (`forwarder.matching.observation.Observation`, plain values) until a worker has added them."""
    if seen:
        await connection.execute(NOTE_OBSERVATIONS, list(seen))


LOCK_STATISTICS = "SELECT pg_advisory_xact_lock(hashtext('match_statistics'))"


async def lock_statistics(connection: Any) -> None:
    """One transaction at a time gets past this: statistics are read, added to and stored again."""
    await connection.execute(LOCK_STATISTICS)


TAKE_OBSERVATIONS = """
WITH taken AS (
    DELETE FROM match_observations WHERE observation_id IN
        (SELECT observation_id FROM match_observations ORDER BY observation_id LIMIT $1)
    RETURNING observation_id, seen
)
SELECT seen FROM taken ORDER BY observation_id
"""


async def take_observations(connection: Any, limit: int) -> list[dict[str, Any]]:
    """Remove the oldest observations and return them in their order. One transaction at a time gets past this."""
    await lock_statistics(connection)
    return [row["seen"] for row in await connection.fetch(TAKE_OBSERVATIONS, limit)]


STATISTICS_SINCE = """
SELECT app_id, state, updated_at FROM match_statistics WHERE $1::timestamptz IS NULL OR updated_at >= $1
"""


async def statistics_since(connection: Any, since: datetime | None) -> tuple[dict[str, Any], datetime | None]:
    """(app id -> state, the latest change) of all statistics changed at or after `since`; of all where it is None."""
    rows = await connection.fetch(STATISTICS_SINCE, since)
    return {row["app_id"]: row["state"] for row in rows}, max((row["updated_at"] for row in rows), default=since)


STATISTICS_OF = "SELECT app_id, state FROM match_statistics WHERE app_id = ANY ($1::text[])"


async def statistics_of(connection: Any, app_ids: Sequence[str]) -> dict[str, Any]:
    """app id (or WHOLE) -> state, of those that have one."""
    return {row["app_id"]: row["state"] for row in await connection.fetch(STATISTICS_OF, list(app_ids))}


STORE_STATISTICS = """
INSERT INTO match_statistics (app_id, state, updated_at)
SELECT app_id, state, clock_timestamp() FROM unnest($1::text[], $2::jsonb[]) AS rows (app_id, state)
ON CONFLICT (app_id) DO UPDATE SET state = EXCLUDED.state, updated_at = EXCLUDED.updated_at
"""


async def store_statistics(connection: Any, states: Mapping[str, Any]) -> None:
    """Replace the statistics of these apps."""
    await connection.execute(STORE_STATISTICS, list(states), list(states.values()))


RECENT_RATES = """
SELECT
    (SELECT coalesce(sum(visits), 0) FROM visit_counts v JOIN links l ON l.slug = v.link
        WHERE v.kind = 'click' AND v.begins_at >= now() - make_interval(days => $2)
            AND ($1 = '' OR l.app_id = $1)) AS clicks,
    count(*) AS installs,
    count(*) FILTER (WHERE click_id IS NOT NULL) AS credited
FROM installs WHERE received_at >= now() - make_interval(days => $2) AND ($1 = '' OR app_id = $1)
"""


async def recent_rates(connection: Any, app_id: str, days: int) -> dict[str, Any]:
    """Clicks, installs and credits of the last days, of one app or ('') all: {clicks, installs, credited,
    credited_per_click, others_per_day}.
    """
    row = await connection.fetchrow(RECENT_RATES, app_id, days)
    clicks, installs, credited = int(row["clicks"]), row["installs"], row["credited"]
    return {
        "clicks": clicks,
        "installs": installs,
        "credited": credited,
        "credited_per_click": round(credited / clicks, 4) if clicks else None,
        "others_per_day": round((installs - credited) / days, 2),
    }
