"""Ad groups as TikTok last described them; one that it no longer lists stays as it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAdGroup:
    adgroup_id: str
    campaign_id: str
    name: str
    optimization_goal: str
    optimization_event: str
    pixel_number: str
    """TikTok's number of the pixel, not its code."""
    operating_systems: tuple[str, ...]
    """Empty = both."""
    placements: tuple[str, ...]
    """Empty = TikTok chooses."""
    operation_status: str
    secondary_status: str
    body: dict[str, Any]
    modified_at: datetime | None


PUT_ADGROUPS = """
INSERT INTO adgroups AS known (advertiser_id, adgroup_id, campaign_id, name, optimization_goal, optimization_event,
    pixel_number, operating_systems, placements, operation_status, secondary_status, body, modified_at, seen_at)
SELECT $1, adgroup_id, campaign_id, name, goal, event, pixel, string_to_array(systems, E'\\n'),
    string_to_array(placements, E'\\n'), operation_status, secondary_status, body, modified_at, $2
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
    $11::text[], $12::text[], $13::jsonb[], $14::timestamptz[])
    AS rows (adgroup_id, campaign_id, name, goal, event, pixel, systems, placements, operation_status,
        secondary_status, body, modified_at)
ON CONFLICT (advertiser_id, adgroup_id) DO UPDATE SET campaign_id = excluded.campaign_id,
    name = coalesce(nullif(excluded.name, ''), known.name),
    optimization_goal = excluded.optimization_goal, optimization_event = excluded.optimization_event,
    pixel_number = excluded.pixel_number, operating_systems = excluded.operating_systems,
    placements = excluded.placements, operation_status = excluded.operation_status,
    secondary_status = excluded.secondary_status, body = excluded.body, modified_at = excluded.modified_at,
    seen_at = excluded.seen_at
"""


async def put_adgroups(connection: Any, advertiser_id: str, seen: Sequence[StoredAdGroup], now: datetime) -> None:
    """`connection` is an asyncpg connection or pool, here and below."""
    if seen:
        columns = [[_joined(getattr(one, name)) for one in seen] for name in StoredAdGroup.__slots__]
        await connection.execute(PUT_ADGROUPS, advertiser_id, now, *columns)


def _joined(value: Any) -> Any:
    """An array in one text, as arrays of arrays have to be of one length."""
    return "\n".join(value) if isinstance(value, tuple) else value


# as `campaigns.NAME_CAMPAIGNS`
NAME_ADGROUPS = """
INSERT INTO adgroups AS known (advertiser_id, adgroup_id, campaign_id, name, seen_at)
SELECT $1, adgroup_id, campaign_id, name, $2
FROM unnest($3::text[], $4::text[], $5::text[]) AS rows (adgroup_id, campaign_id, name)
ON CONFLICT (advertiser_id, adgroup_id) DO UPDATE SET name = excluded.name
WHERE excluded.name NOT IN ('', known.name)
    AND (known.name = '' OR known.operation_status = '' OR excluded.seen_at - known.seen_at > interval '1 day')
"""


async def name_adgroups(
    connection: Any, advertiser_id: str, names: Mapping[str, tuple[str, str]], now: datetime
) -> None:
    """Those that only a report named: adgroup_id -> (campaign_id, name)."""
    if names:
        campaigns, texts = ([one[place] for one in names.values()] for place in (0, 1))
        await connection.execute(NAME_ADGROUPS, advertiser_id, now, list(names), campaigns, texts)


ADGROUPS_OF = """
SELECT adgroup_id, campaign_id, name, optimization_goal, optimization_event, pixel_number, operating_systems,
    placements, operation_status, secondary_status, body, modified_at
FROM adgroups WHERE advertiser_id = $1 ORDER BY adgroup_id
"""


async def adgroups_of(connection: Any, advertiser_id: str) -> list[StoredAdGroup]:
    return [
        StoredAdGroup(
            **{
                **dict(row),
                "operating_systems": tuple(row["operating_systems"]),
                "placements": tuple(row["placements"]),
            }
        )
        for row in await connection.fetch(ADGROUPS_OF, advertiser_id)
    ]


ADGROUPS_BY_CAMPAIGN = """
SELECT c.campaign_id, coalesce(array_agg(g.adgroup_id) FILTER (WHERE g.adgroup_id IS NOT NULL), '{}') AS adgroup_ids
FROM campaigns c LEFT JOIN adgroups g ON g.advertiser_id = c.advertiser_id AND g.campaign_id = c.campaign_id
WHERE c.advertiser_id = $1 GROUP BY c.campaign_id
"""


async def adgroups_by_campaign(connection: Any, advertiser_id: str) -> dict[str, list[str]]:
    """campaign_id -> its ad groups, none left out."""
    rows = await connection.fetch(ADGROUPS_BY_CAMPAIGN, advertiser_id)
    return {row["campaign_id"]: row["adgroup_ids"] for row in rows}
