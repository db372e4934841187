"""What TikTok said of ads, put into the ledger by plain SQL."""

from datetime import UTC, date, datetime
from typing import Any

SEEN = datetime(2026, 11, 20, tzinfo=UTC)


async def advertiser(ledger: Any, app_id: str = "app_1", **columns: Any) -> None:
    """One that the app has chosen: `adv` of Berlin, in euros, unless the columns say otherwise."""
    row = {"advertiser_id": "adv", "currency": "EUR", "timezone": "Europe/Berlin", "selected": True}
    row |= {"app_id": app_id, "selected_at": SEEN, "seen_at": SEEN} | columns
    await _insert(ledger, "advertisers", row)


async def ad(ledger: Any, ad_id: str = "a1", **columns: Any) -> None:
    row = {"advertiser_id": "adv", "ad_id": ad_id, "adgroup_id": "g1", "campaign_id": "c1", "seen_at": SEEN} | columns
    await _insert(ledger, "ads", row)


async def spent(ledger: Any, day: date, spend: str, ad_id: str = "a1", **columns: Any) -> None:
    row = {"advertiser_id": "adv", "day": day, "ad_id": ad_id, "adgroup_id": "g1", "campaign_id": "c1", "spend": spend}
    await _insert(ledger, "ad_days", row | {"impressions": 1000, "clicks": 10} | columns)


async def spent_in_hour(ledger: Any, day: date, begins_at: datetime, spend: str, ad_id: str = "a1") -> None:
    row = {"advertiser_id": "adv", "day": day, "begins_at": begins_at, "ad_id": ad_id, "spend": spend}
    await _insert(ledger, "ad_hours", row | {"adgroup_id": "g1", "campaign_id": "c1"})


async def spent_in_country(ledger: Any, day: date, country: str, spend: str, ad_id: str = "a1") -> None:
    row = {"advertiser_id": "adv", "day": day, "ad_id": ad_id, "country": country, "spend": spend}
    await _insert(ledger, "ad_country_days", row | {"adgroup_id": "g1", "campaign_id": "c1"})


async def _insert(ledger: Any, table: str, row: dict[str, Any]) -> None:
    places = ", ".join(
        f"${place}::text::numeric" if isinstance(value, str) and column in NUMBERS else f"${place}"
        for place, (column, value) in enumerate(row.items(), start=1)
    )
    await ledger.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", *row.values())  # noqa: S608


NUMBERS = ("spend", "conversions", "purchases", "purchase_value")
