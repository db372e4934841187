"""Rows of a report -> rows of the ledger, by day. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from ledger.local_time import hour_begins
from ledger.spend_rows import NOT_AT_AD_LEVEL, SpendRow
from tiktok.report_rows import Figures, ReportRow

ByDay = dict[date, list[SpendRow]]


def days_of(first: date, last: date) -> list[date]:
    """Inclusive."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def by_day(rows: Iterable[ReportRow], days: Sequence[date]) -> ByDay:
    """Each of the days with the rows that TikTok has for it: a day without any has none, which is an answer as well."""
    found: ByDay = {day: [] for day in days}
    for row in rows:
        if row.at is not None and row.at.date() in found and not row.figures.empty:
            found[row.at.date()].append(_day_row(row))
    return found


def by_country(rows: Iterable[ReportRow], days: Sequence[date]) -> ByDay:
    found: ByDay = {day: [] for day in days}
    for row in rows:
        if row.at is not None and row.at.date() in found and _delivered(row.figures):
            found[row.at.date()].append(_placed(row, country=row.country))
    return found


def by_hour(rows: Iterable[ReportRow], day: date, zone: str) -> list[SpendRow]:
    """An hour that the clocks skipped is none, whatever the report says: what it names stays with the day. The one that
    comes twice is the first of the two, as TikTok does not tell them apart.
    """
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - wall clock
    begins = [hour_begins(zone, midnight + timedelta(hours=hour)) for hour in range(24)]
    found = []
    for row in rows:
        if row.at is None or row.at.date() != day or not _delivered(row.figures):
            continue
        if (begins_at := begins[row.at.hour]) is not None:
            found.append(_placed(row, begins_at=begins_at))
    return found


def remainder(rows: Iterable[SpendRow], control: Figures | None) -> SpendRow | None:
    """What the account as a whole has beyond its ads; None where that is nothing. `control` None = the account had no
    row, so nothing.
    """
    known, whole = list(rows), control or Figures()
    rest = SpendRow(
        ad_id=NOT_AT_AD_LEVEL,
        spend=whole.spend - sum((row.spend for row in known), Decimal(0)),
        impressions=whole.impressions - sum(row.impressions for row in known),
        clicks=whole.clicks - sum(row.clicks for row in known),
        conversions=_beyond(whole.conversions, [row.conversions for row in known]),
        purchases=_beyond(whole.purchases, [row.purchases for row in known]),
        purchase_value=_beyond(whole.purchase_value, [row.purchase_value for row in known]),
    )
    return rest if any((rest.spend, rest.impressions, rest.clicks)) or _beyond_delivery(rest) else None


def reached(rows: Iterable[ReportRow], days: Sequence[date]) -> dict[date, dict[str, int]]:
    """day -> entity -> people."""
    found: dict[date, dict[str, int]] = defaultdict(dict, {day: {} for day in days})
    for row in rows:
        if row.at is not None and row.at.date() in found and row.figures.reach:
            found[row.at.date()][row.entity_id] = row.figures.reach
    return found


def account_reach(control: Figures | None) -> dict[str, int] | None:
    """How many people the account as a whole reached; None where TikTok has a row of the day and does not say."""
    if control is None:
        return {}
    return None if control.reach is None else {"": control.reach} if control.reach else {}


def by_date(rows: Iterable[ReportRow]) -> Mapping[date, Figures]:
    """Of a report on the account as a whole, one row a day."""
    return {row.at.date(): row.figures for row in rows if row.at is not None}


def _day_row(row: ReportRow) -> SpendRow:
    figures = row.figures
    return SpendRow(
        ad_id=row.entity_id,
        campaign_id=row.campaign_id,
        adgroup_id=row.adgroup_id,
        spend=figures.spend,
        impressions=figures.impressions,
        clicks=figures.clicks,
        reach=figures.reach,
        conversions=figures.conversions,
        purchases=figures.purchases,
        purchase_value=figures.purchase_value,
        metrics=figures.metrics,
    )


def _placed(row: ReportRow, begins_at: datetime | None = None, country: str = "") -> SpendRow:
    return SpendRow(
        ad_id=row.entity_id,
        begins_at=begins_at,
        country=country,
        campaign_id=row.campaign_id,
        adgroup_id=row.adgroup_id,
        spend=row.figures.spend,
        impressions=row.figures.impressions,
        clicks=row.figures.clicks,
    )


def _delivered(figures: Figures) -> bool:
    return any((figures.spend, figures.impressions, figures.clicks))


def _beyond(whole: Decimal | None, parts: Iterable[Decimal | None]) -> Decimal | None:
    """Unknown where the account's is; ads that say nothing have nothing of it."""
    return None if whole is None else whole - sum((part for part in parts if part is not None), Decimal(0))


def _beyond_delivery(row: SpendRow) -> bool:
    return any((row.conversions, row.purchases, row.purchase_value))
