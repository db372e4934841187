"""Ads as TikTok last described them, and the Signal link that each leads to; one it no longer lists stays as it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAd:
    ad_id: str
    """`ad_id_v2`: of Upgraded Smart+ the ad, never a creative."""
    adgroup_id: str
    campaign_id: str
    name: str
    landing_urls: tuple[str, ...]
    link: str
    """Slug of the Signal link that a landing URL is; empty = none is one."""
    operation_status: str
    secondary_status: str
    body: dict[str, Any]
    modified_at: datetime | None


PUT_ADS = """
INSERT INTO ads AS known (advertiser_id, ad_id, adgroup_id, campaign_id, name, landing_urls, link, operation_status,
    secondary_status, body, modified_at, seen_at)
SELECT $1, ad_id, adgroup_id, campaign_id, name, string_to_array(urls, E'\\n'), link, operation_status,
    secondary_status, body, modified_at, $2
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
    $11::jsonb[], $12::timestamptz[])
    AS rows (ad_id, adgroup_id, campaign_id, name, urls, link, operation_status, secondary_status, body, modified_at)
ON CONFLICT (advertiser_id, ad_id) DO UPDATE SET adgroup_id = excluded.adgroup_id, campaign_id = excluded.campaign_id,
    name = coalesce(nullif(excluded.name, ''), known.name), landing_urls = excluded.landing_urls, link = excluded.link,
    operation_status = excluded.operation_status, secondary_status = excluded.secondary_status, body = excluded.body,
    modified_at = excluded.modified_at, seen_at = excluded.seen_at
"""


async def put_ads(connection: Any, advertiser_id: str, seen: Sequence[StoredAd], now: datetime) -> None:
    """`connection` is an asyncpg connection or pool, here and below."""
    if seen:
        columns = [[_joined(getattr(one, name)) for one in seen] for name in StoredAd.__slots__]
        await connection.execute(PUT_ADS, advertiser_id, now, *columns)


def _joined(value: Any) -> Any:
    """An array in one text, as arrays of arrays have to be of one length. No URL holds a line's end."""
    return "\n".join("".join(one.splitlines()) for one in value) if isinstance(value, tuple) else value


# as `campaigns.NAME_CAMPAIGNS`
NAME_ADS = """
INSERT INTO ads AS known (advertiser_id, ad_id, campaign_id, adgroup_id, name, seen_at)
SELECT $1, ad_id, campaign_id, adgroup_id, name, $2
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[]) AS rows (ad_id, campaign_id, adgroup_id, name)
ON CONFLICT (advertiser_id, ad_id) DO UPDATE SET name = excluded.name
WHERE excluded.name NOT IN ('', known.name)
    AND (known.name = '' OR known.operation_status = '' OR excluded.seen_at - known.seen_at > interval '1 day')
"""


async def name_ads(
    connection: Any, advertiser_id: str, names: Mapping[str, tuple[str, str, str]], now: datetime
) -> None:
    """Those that only a report named: ad_id -> (campaign_id, adgroup_id, name)."""
    if names:
        campaigns, adgroups, texts = ([one[place] for one in names.values()] for place in (0, 1, 2))
        await connection.execute(NAME_ADS, advertiser_id, now, list(names), campaigns, adgroups, texts)


ADS_OF = """
SELECT ad_id, adgroup_id, campaign_id, name, landing_urls, link, operation_status, secondary_status, body, modified_at
FROM ads WHERE advertiser_id = $1 ORDER BY ad_id
"""


async def ads_of(connection: Any, advertiser_id: str) -> list[StoredAd]:
    rows = await connection.fetch(ADS_OF, advertiser_id)
    return [StoredAd(**{**dict(row), "landing_urls": tuple(row["landing_urls"])}) for row in rows]
