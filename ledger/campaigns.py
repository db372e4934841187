"""Campaigns as TikTok last described them; one that it no longer lists stays as it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCampaign:
    campaign_id: str
    name: str
    objective: str
    """TikTok's `objective_type`."""
    automation: str
    """MANUAL, SMART_PLUS, UPGRADED_SMART_PLUS."""
    operation_status: str
    secondary_status: str
    body: dict[str, Any]
    """Further fields in TikTok's words."""
    modified_at: datetime | None


PUT_CAMPAIGNS = """
INSERT INTO campaigns AS known (advertiser_id, campaign_id, name, objective, automation, operation_status,
    secondary_status, body, modified_at, seen_at)
SELECT $1, rows.*, $2 FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::jsonb[],
    $10::timestamptz[]) AS rows
ON CONFLICT (advertiser_id, campaign_id) DO UPDATE SET name = coalesce(nullif(excluded.name, ''), known.name),
    objective = excluded.objective, automation = excluded.automation, operation_status = excluded.operation_status,
    secondary_status = excluded.secondary_status, body = excluded.body, modified_at = excluded.modified_at,
    seen_at = excluded.seen_at
"""


async def put_campaigns(connection: Any, advertiser_id: str, seen: Sequence[StoredCampaign], now: datetime) -> None:
    """`connection` is an asyncpg connection or pool, here and below."""
    names = StoredCampaign.__slots__
    if seen:
        columns = [[getattr(one, name) for one in seen] for name in names]
        await connection.execute(PUT_CAMPAIGNS, advertiser_id, now, *columns)


# A list knows better than a report, which may lag behind it; but what no list has, or none for a day, as where its
# permission is missing, is called as the report says, also where it is called otherwise by now.
NAME_CAMPAIGNS = """
INSERT INTO campaigns AS known (advertiser_id, campaign_id, name, seen_at)
SELECT $1, campaign_id, name, $2 FROM unnest($3::text[], $4::text[]) AS rows (campaign_id, name)
ON CONFLICT (advertiser_id, campaign_id) DO UPDATE SET name = excluded.name
WHERE excluded.name NOT IN ('', known.name)
    AND (known.name = '' OR known.operation_status = '' OR excluded.seen_at - known.seen_at > interval '1 day')
"""


async def name_campaigns(connection: Any, advertiser_id: str, names: Mapping[str, str], now: datetime) -> None:
    """Those that only a report named: TikTok lists dead ones no longer, and still says what they spent."""
    if names:
        await connection.execute(NAME_CAMPAIGNS, advertiser_id, now, list(names), list(names.values()))


CAMPAIGNS_OF = """
SELECT campaign_id, name, objective, automation, operation_status, secondary_status, body, modified_at
FROM campaigns WHERE advertiser_id = $1 ORDER BY campaign_id
"""


async def campaigns_of(connection: Any, advertiser_id: str) -> list[StoredCampaign]:
    return [StoredCampaign(**dict(row)) for row in await connection.fetch(CAMPAIGNS_OF, advertiser_id)]
