"""A row of a report: which entity, which wall-clock time of the account, and its figures.

Ids of parents and names come as metrics beside the figures. Days and hours are the account's own and carry no offset;
what instant they are is for whoever knows its time zone. Source: the portal's report reference; rows seen in 2026.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec

from tiktok.figures import count_of, decimal_of, id_of, plain, text_of

EntityDimension = Literal["advertiser_id", "campaign_id", "adgroup_id", "ad_id_v2"]
TimeDimension = Literal["stat_time_day", "stat_time_hour"]

DELIVERY: Final = ("spend", "impressions", "clicks")
OUTCOMES: Final = ("reach", "conversion", "complete_payment", "total_complete_payment_rate")
"""The last is the value of purchases, whatever its name says."""
PLACES: Final = ("campaign_id", "adgroup_id")
NAMES: Final = ("campaign_name", "adgroup_name", "ad_name")
FURTHER: Final = (
    "real_time_conversion", "result", "user_registration", "form", "on_web_subscribe", "page_content_view_events",
    "web_event_add_to_cart", "initiate_checkout", "add_billing", "page_event_search", "online_consult",
    "download_start", "on_web_add_to_wishlist", "custom_page_events", "real_time_app_install", "app_install",
    "registration", "purchase", "total_purchase_value", "vta_conversion", "cta_conversion",
)  # fmt: skip
"""Nice to know: TikTok renames and withdraws such metrics, and then they are gone without."""
CORE: Final = frozenset((*DELIVERY, *PLACES))
"""Without these a report is of no use."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """None = TikTok did not say, which is not 0."""

    spend: Decimal = Decimal(0)
    """In the account's currency."""
    impressions: int = 0
    clicks: int = 0
    reach: int | None = None
    """People, so never added up."""
    conversions: Decimal | None = None
    """TikTok counts parts of conversions."""
    purchases: Decimal | None = None
    purchase_value: Decimal | None = None
    metrics: dict[str, str] = {}
    """Further figures that are not 0: TikTok's name -> decimal text."""

    @property
    def empty(self) -> bool:
        """Nothing happened: TikTok answers such rows or leaves them out as it pleases."""
        said = (self.spend, self.impressions, self.clicks, self.reach, self.conversions, self.purchases)
        return not any(said) and not self.purchase_value and not self.metrics


class ReportRow(msgspec.Struct, frozen=True, kw_only=True):
    entity_id: str
    """Empty for an account as a whole."""
    at: datetime | None
    """Wall clock of the account, without a zone; None in a report without time."""
    country: str = ""
    campaign_id: str = ""
    adgroup_id: str = ""
    names: Mapping[str, str] = {}
    """`campaign_name`, `adgroup_name`, `ad_name`: those that were asked for."""
    figures: Figures


def read_rows(
    rows: Iterable[Mapping[str, Any]], dimensions: Sequence[str], asked: Iterable[str] = FURTHER
) -> list[ReportRow]:
    """Rows by what they are about. Pages drift, and an hour that comes twice on the day the clocks go back may be one
    row or two of one name: the last one stays. A row that does not say what it is about is dropped.
    """
    further = [name for name in asked if name in FURTHER]
    found: dict[tuple[str, datetime | None, str], ReportRow] = {}
    for row in rows:
        read = _row(row, dimensions, further)
        if read is not None:
            found[read.entity_id, read.at, read.country] = read
    return list(found.values())


def _row(row: Mapping[str, Any], dimensions: Sequence[str], further: Sequence[str]) -> ReportRow | None:
    said, metrics = row.get("dimensions"), row.get("metrics")
    if not isinstance(said, dict) or not isinstance(metrics, dict):
        return None
    entity = next((name for name in dimensions if name.endswith(("_id", "_id_v2"))), "")
    time = next((name for name in dimensions if name.startswith("stat_time")), "")
    # an account's own rows may leave out which account it is
    entity_id = "" if entity == "advertiser_id" else id_of(said.get(entity))
    at = _wall_clock(said.get(time)) if time else None
    if (not entity_id and entity != "advertiser_id") or (time and at is None):
        return None
    return ReportRow(
        entity_id=entity_id,
        at=at,
        country=text_of(said.get("country_code")).strip().upper() if "country_code" in dimensions else "",
        campaign_id=entity_id if entity == "campaign_id" else id_of(metrics.get("campaign_id")),
        adgroup_id=entity_id if entity == "adgroup_id" else id_of(metrics.get("adgroup_id")),
        names={name: text_of(metrics[name]) for name in NAMES if metrics.get(name)},
        figures=_figures(metrics, further),
    )


def _figures(metrics: Mapping[str, Any], further: Sequence[str]) -> Figures:
    said = {name: decimal_of(metrics.get(name)) for name in further}
    return Figures(
        spend=decimal_of(metrics.get("spend")) or Decimal(0),
        impressions=count_of(metrics.get("impressions")) or 0,
        clicks=count_of(metrics.get("clicks")) or 0,
        reach=count_of(metrics.get("reach")),
        conversions=decimal_of(metrics.get("conversion")),
        purchases=decimal_of(metrics.get("complete_payment")),
        purchase_value=decimal_of(metrics.get("total_complete_payment_rate")),
        metrics={name: plain(value) for name, value in said.items() if value},
    )


def _wall_clock(value: Any) -> datetime | None:
    """`2026-10-25 01:00:00`; a day may come without its midnight."""
    try:
        moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=None) if moment is not None else None
