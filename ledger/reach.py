"""How many people an advertiser, a campaign or an ad group reached on a day: no sum of anything below it."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

ReachLevel = Literal["advertiser", "campaign", "adgroup"]

DELETE_REACH = "DELETE FROM reach_days WHERE advertiser_id = $1 AND day = $2 AND level = $3 AND entity_id <> ALL ($4)"
PUT_REACH = """
INSERT INTO reach_days (advertiser_id, day, level, entity_id, reach)
SELECT $1, $2, $3, entity_id, reach FROM unnest($4::text[], $5::bigint[]) AS rows (entity_id, reach)
ON CONFLICT (advertiser_id, day, level, entity_id) DO UPDATE SET reach = excluded.reach
WHERE reach_days.reach <> excluded.reach
"""


async def store_reach(
    connection: Any, advertiser_id: str, day: date, level: ReachLevel, reached: Mapping[str, int]
) -> None:
    """All of a day and level: entity -> people. `connection` is in a transaction."""
    await connection.execute(DELETE_REACH, advertiser_id, day, level, list(reached))
    await connection.execute(PUT_REACH, advertiser_id, day, level, list(reached), list(reached.values()))
