"""What an app's ads cost and brought, as pages show it: all of a page asks `admin.reports`, as the command does."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from admin.refusal import refused_settings
from admin.report_periods import Period, PeriodAsked, period_of
from admin.reports import ReportAsked, told
from admin.session import Session
from ledger.report_zones import check_zone, reported_apps


@dataclass(frozen=True, slots=True)
class Results:
    """One period of an app."""

    period: Period
    totals: Mapping[str, Any]
    before: Mapping[str, Any]
    """Totals of the period before."""
    over_time: list[tuple[str, Mapping[str, Any] | None]]
    """(day or hour, its row); None where nothing was counted."""
    warnings: list[str] = field(default_factory=list)

    @property
    def currency(self) -> str:
        return str(self.totals["currency"] or "")


async def app_period(session: Session, app_id: str, asked: PeriodAsked) -> Period:
    """In the app's own time zone.

    Raises:
        Refused: there is no such range, or the app's time zone is none.
    """
    with refused_settings():
        for app in await reported_apps(session.database, app_id):
            check_zone(app)
            return period_of(asked, app.zone, datetime.now(UTC))
    return period_of(asked, "UTC", datetime.now(UTC))


async def results(session: Session, app_id: str, period: Period, compared: bool = True) -> Results:
    """What a page's tiles and charts show."""
    by = "hour" if period.by_hour else "day"
    asked = [asked_of(app_id, period, by), *([asked_of(app_id, period.before, "day")] if compared else [])]
    found, *before = await asyncio.gather(*(told(session, one) for one in asked))
    rows = {row["key"][by]: row for row in found["rows"]}
    over_time = [(key, rows.get(key)) for key in period.keys(datetime.now(UTC))]
    return Results(period, found["totals"], before[0]["totals"] if before else {}, over_time, found["warnings"])


def asked_of(app_id: str, period: Period, by: str) -> ReportAsked:
    """What `signalpost report` would be asked."""
    return ReportAsked(app_id, by, str(period.first), str(period.last))
