"""The columns of reports as pages show them: a heading, how a value is written, and what it means."""

from collections.abc import Mapping
from typing import Any, Final

from console.columns import Column

FIGURES: Final = {
    column.name: column
    for column in (
        Column("spend", "Spend", "money", title="What TikTok charged"),
        Column("impressions", "Impressions", "count", title="How often TikTok showed an ad"),
        Column("clicks", "Clicks*", "count", title="TikTok's own count of clicks"),
        Column("ctr", "CTR", "percent", title="Clicks by TikTok's count / impressions"),
        Column("cpc", "CPC", "money", title="Spend / clicks by TikTok's count"),
        Column("cpm", "CPM", "money", title="Spend / impressions x 1,000"),
        Column("reach", "Reach", "count", title="People, by TikTok's count; never added up"),
        Column("link_clicks", "Link clicks", "count", title="Persons who opened a Signal link"),
        Column("visits", "Other visits", "count", title="Bots, previews and preloads"),
        Column("wrong_os", "Wrong OS", "count", title="Clicks of phones the link has no store for"),
        Column("installs", "Installs", "count", title="Installs credited to a click"),
        Column("cpi", "CPI", "money", title="Spend / installs"),
        Column("ipm", "IPM", "ratio", title="Installs / impressions x 1,000"),
        Column("cti", "CTI", "percent", title="Installs / clicks by TikTok's count"),
        Column("events", "Events", "count", title="Of installs credited to a click"),
        Column("trials", "Trials", "count", title="Trials that began"),
        Column("registrations", "Registrations", "count", title="Sign-ups"),
        Column("revenue", "Revenue", "money", title="Gross, of the app's one source of revenue"),
        Column("proceeds", "Proceeds", "money", title="What store and tax leave, where every sale says so"),
        Column("refunds", "Refunds", "money", title="Paid back; not taken off the revenue"),
        Column("roas", "ROAS", "ratio", title="Revenue / spend"),
        Column("tiktok_installs", "Installs*", "count", title="TikTok's own count of installs"),
        Column("tiktok_purchases", "Purchases*", "count", title="TikTok's own count of purchases"),
        Column("tiktok_revenue", "Revenue*", "money", title="TikTok's own value of purchases"),
    )
}
USUAL: Final = ("spend", "installs", "cpi", "trials", "revenue", "roas", "link_clicks", "cti")
NOT_ADDED_UP: Final = frozenset({"reach"})
KEYS: Final = {
    "day": Column("day", "Day"),
    "hour": Column("hour", "Hour"),
    "campaign": Column("campaign", "Campaign"),
    "adgroup": Column("adgroup", "Ad group"),
    "ad": Column("ad", "Ad"),
    "creative": Column("creative", "Creative"),
    "country": Column("country", "Country"),
    "platform": Column("platform", "Platform"),
    "link": Column("link", "Link"),
}
NAMED: Final = ("campaign", "adgroup", "ad", "creative")
UNKNOWN: Final = "not known"
PLATFORMS: Final = {"ios": "iOS", "android": "Android"}

_OF_INSTALLS: Final = ("installs", "cpi", "ipm", "cti")
_OF_REVENUE: Final = ("revenue", "roas")
_THEIR_INSTALLS: Final = "TikTok's own count: none of ours is credited here"
_THEIR_REVENUE: Final = "by TikTok's own value of purchases: ours is zero here"


def stars(row: Mapping[str, Any]) -> dict[str, str]:
    """`<column>_star` -> the reason, where a figure is TikTok's rather than ours."""
    found: dict[str, str] = {}
    if row.get("installs_from") == "tiktok":
        found |= {f"{name}_star": _THEIR_INSTALLS for name in _OF_INSTALLS}
    if row.get("revenue_from") == "tiktok":
        found |= {f"{name}_star": _THEIR_REVENUE for name in _OF_REVENUE}
    return found


def shown_totals(totals: Mapping[str, Any]) -> dict[str, Any]:
    """The row at the foot: a column that cannot be added up has none."""
    kept = {name: value for name, value in totals.items() if name not in NOT_ADDED_UP}
    return {**kept, **stars(totals)}


def other_currencies(totals: Mapping[str, Any]) -> list[tuple[str, str, float]]:
    """(what, currency, amount) of sums that no rate could convert and that no total holds."""
    return [
        (what, code, amount)
        for what in ("spend", "revenue", "refunds")
        for code, amount in sorted((totals.get(f"{what}_other") or {}).items())
    ]
