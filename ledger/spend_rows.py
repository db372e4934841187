"""What TikTok last said of the advertiser's ads: by day, by hour, and by day and country. One table for each grain."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

Grain = Literal["day", "hour", "country"]

NOT_AT_AD_LEVEL: Final = ""
"""The ad_id of what TikTok books on an account but on none of its ads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendRow:
    """One ad in one day, hour, or day and country. None = TikTok did not say."""

    ad_id: str
    begins_at: datetime | None = None
    """Of the hour; None in the other grains."""
    country: str = ""
    """Empty in the other grains, and where TikTok knows none."""
    campaign_id: str = ""
    adgroup_id: str = ""
    spend: Decimal = Decimal(0)
    """In the advertiser's currency."""
    impressions: int = 0
    clicks: int = 0
    reach: int | None = None
    """The following are the day's alone."""
    conversions: Decimal | None = None
    purchases: Decimal | None = None
    purchase_value: Decimal | None = None
    metrics: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, datetime | None, str]:
        return self.ad_id, self.begins_at, self.country


_DAY: Final = (
    "ad_id", "campaign_id", "adgroup_id", "spend", "impressions", "clicks", "reach", "conversions", "purchases",
    "purchase_value", "metrics",
)  # fmt: skip
_HOUR: Final = ("ad_id", "begins_at", "campaign_id", "adgroup_id", "spend", "impressions", "clicks")
_COUNTRY: Final = ("ad_id", "country", "campaign_id", "adgroup_id", "spend", "impressions", "clicks")
COLUMNS: Final[dict[Grain, tuple[str, ...]]] = {"day": _DAY, "hour": _HOUR, "country": _COUNTRY}
"""Fields of a row that its grain keeps."""

STORED_ROWS: Final[dict[Grain, str]] = {
    "day": f"SELECT {', '.join(_DAY)} FROM ad_days WHERE advertiser_id = $1 AND day = $2",  # noqa: S608 - own text
    "hour": f"SELECT {', '.join(_HOUR)} FROM ad_hours WHERE advertiser_id = $1 AND day = $2",  # noqa: S608
    "country": f"SELECT {', '.join(_COUNTRY)} FROM ad_country_days WHERE advertiser_id = $1 AND day = $2",  # noqa: S608
}


async def stored_rows(connection: Any, advertiser_id: str, day: date, grain: Grain) -> list[SpendRow]:
    """`connection` is an asyncpg connection or pool, here and below."""
    found = await connection.fetch(STORED_ROWS[grain], advertiser_id, day)
    return await asyncio.to_thread(lambda: [SpendRow(**dict(row)) for row in found])


_FIGURES: Final = """campaign_id = excluded.campaign_id, adgroup_id = excluded.adgroup_id, spend = excluded.spend,
    impressions = excluded.impressions, clicks = excluded.clicks"""
PUT_ROWS: Final[dict[Grain, str]] = {
    "day": f"""
        INSERT INTO ad_days (advertiser_id, day, {", ".join(_DAY)})
        SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[], $6::numeric[], $7::bigint[], $8::bigint[],
            $9::bigint[], $10::numeric[], $11::numeric[], $12::numeric[], $13::jsonb[])
        ON CONFLICT (advertiser_id, day, ad_id) DO UPDATE SET {_FIGURES}, reach = excluded.reach,
            conversions = excluded.conversions, purchases = excluded.purchases,
            purchase_value = excluded.purchase_value, metrics = excluded.metrics
        """,  # noqa: S608 - only the module's own text
    "hour": f"""
        INSERT INTO ad_hours (advertiser_id, day, {", ".join(_HOUR)})
        SELECT $1, $2, * FROM unnest($3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::numeric[],
            $8::bigint[], $9::bigint[])
        ON CONFLICT (advertiser_id, day, begins_at, ad_id) DO UPDATE SET {_FIGURES}
        """,  # noqa: S608
    "country": f"""
        INSERT INTO ad_country_days (advertiser_id, day, {", ".join(_COUNTRY)})
        SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::bigint[],
            $9::bigint[])
        ON CONFLICT (advertiser_id, day, ad_id, country) DO UPDATE SET {_FIGURES}
        """,  # noqa: S608
}


async def put_rows(connection: Any, advertiser_id: str, day: date, grain: Grain, rows: Sequence[SpendRow]) -> None:
    """In the place of those of the same key."""
    if rows:
        columns = [[getattr(row, name) for row in rows] for name in COLUMNS[grain]]
        await connection.execute(PUT_ROWS[grain], advertiser_id, day, *columns)


DELETE_ROWS: Final[dict[Grain, str]] = {
    "day": "DELETE FROM ad_days WHERE advertiser_id = $1 AND day = $2 AND ad_id = ANY ($3::text[])",
    "hour": """
        DELETE FROM ad_hours h USING unnest($3::text[], $4::timestamptz[]) AS gone (ad_id, begins_at)
        WHERE h.advertiser_id = $1 AND h.day = $2 AND h.ad_id = gone.ad_id AND h.begins_at = gone.begins_at
        """,
    "country": """
        DELETE FROM ad_country_days c USING unnest($3::text[], $4::text[]) AS gone (ad_id, country)
        WHERE c.advertiser_id = $1 AND c.day = $2 AND c.ad_id = gone.ad_id AND c.country = gone.country
        """,
}
_KEYS: Final[dict[Grain, tuple[str, ...]]] = {
    "day": ("ad_id",),
    "hour": ("ad_id", "begins_at"),
    "country": ("ad_id", "country"),
}


async def delete_rows(connection: Any, advertiser_id: str, day: date, grain: Grain, rows: Sequence[SpendRow]) -> None:
    """Those of the same key."""
    if rows:
        keys = [[getattr(row, name) for row in rows] for name in _KEYS[grain]]
        await connection.execute(DELETE_ROWS[grain], advertiser_id, day, *keys)


# and those of which something stands that has to go, as TikTok took the day back
DAYS_TO_PLACE = """
SELECT day FROM ad_days WHERE advertiser_id = $1 AND day BETWEEN $2 AND $3 AND ad_id <> ''
UNION SELECT day FROM ad_country_days WHERE advertiser_id = $1 AND day BETWEEN $2 AND $3
UNION SELECT day FROM reach_days WHERE advertiser_id = $1 AND day BETWEEN $2 AND $3 AND level <> 'advertiser'
ORDER BY day
"""


async def days_to_place(connection: Any, advertiser_id: str, first: date, last: date) -> list[date]:
    """Days on which any ad did anything, or was said to."""
    return [row["day"] for row in await connection.fetch(DAYS_TO_PLACE, advertiser_id, first, last)]
