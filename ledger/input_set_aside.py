"""What apps sent that was read as absent, by day (UTC), field and reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

SHOWN_FOR: Final = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class SetAsideCount:
    """How often a field of an app's input was set aside for one reason."""

    app_id: str
    field: str
    """Dotted path, such as `user.email`."""
    reason: str
    times: int


ADD_SET_ASIDE = """
INSERT INTO input_set_aside AS known (app_id, day, field, reason, times)
SELECT app_id, $5, field, reason, times
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS given (app_id, field, reason, times)
ON CONFLICT (app_id, day, field, reason) DO UPDATE SET times = known.times + excluded.times
"""


async def add_set_aside(connection: Any, counts: Sequence[SetAsideCount], now: datetime) -> None:
    """Add to the counts of the day. `connection` is an asyncpg connection or pool, here and below."""
    # in one order everywhere, so that two processes never wait for one another
    ordered = sorted(counts, key=lambda one: (one.app_id, one.field, one.reason))
    columns = [(one.app_id, one.field, one.reason, one.times) for one in ordered]
    await connection.execute(ADD_SET_ASIDE, *(map(list, zip(*columns, strict=True))), now.date())


SET_ASIDE = """
SELECT app_id, field, reason, sum(times)::bigint AS times FROM input_set_aside
WHERE ($1::text IS NULL OR app_id = $1) AND day > $2
GROUP BY app_id, field, reason ORDER BY times DESC, app_id, field, reason
"""


async def set_aside(connection: Any, app_id: str | None, now: datetime) -> list[SetAsideCount]:
    """What was set aside in the last 28 days, the most frequent first; of all apps where `app_id` is None."""
    rows = await connection.fetch(SET_ASIDE, app_id, (now - SHOWN_FOR).date())
    return [SetAsideCount(**dict(row)) for row in rows]
