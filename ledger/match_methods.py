"""How the installs of some days were matched: by which method, and how sure."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ledger.local_time import period

EDGES: Final = (0.9, 0.95, 0.98, 0.99, 0.999)
"""Where the bins of probability are cut; what is below the first was let through by a lower threshold."""


@dataclass(frozen=True, slots=True)
class MethodCount:
    """Installs of one method."""

    method: str
    installs: int
    bins: tuple[int, ...]
    """Of `probabilistic`: installs by probability, one more bin than there are edges."""


METHODS = """
SELECT match_method AS method, width_bucket(match_probability::float8, $4::float8[]) AS bin, count(*) AS installs
FROM installs
WHERE app_id = $1 AND occurred_at >= to_timestamp($2::float8) AND occurred_at < to_timestamp($3::float8)
GROUP BY match_method, bin
"""


async def match_methods(connection: Any, app_id: str, zone: str, days: tuple[date, date]) -> list[MethodCount]:
    """Of the installs of these local days, the most frequent first. `connection` is an asyncpg connection or pool."""
    bounds = period(zone, *days)
    rows = await connection.fetch(METHODS, app_id, bounds.begins_s, bounds.ends_s, list(EDGES))
    found: dict[str, list[int]] = {}
    totals: dict[str, int] = {}
    for row in rows:
        method, at = row["method"], row["bin"]
        totals[method] = totals.get(method, 0) + row["installs"]
        if at is not None:
            found.setdefault(method, [0] * (len(EDGES) + 1))[at] += row["installs"]
    counts = [MethodCount(method, count, tuple(found.get(method, ()))) for method, count in totals.items()]
    return sorted(counts, key=lambda one: -one.installs)
