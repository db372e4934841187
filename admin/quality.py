"""How far the numbers of an app can be believed: how installs were matched, how sure, and what was sent along."""

import asyncio
from dataclasses import dataclass
from typing import Any

from admin.pixels import list_pixels
from admin.report_periods import Period
from admin.reports import ReportAsked, signals_report, told
from admin.session import Session
from ledger.match_methods import EDGES, MethodCount, match_methods
from ledger.match_reliability import ReliabilityBin, match_reliability
from ledger.report_cohorts import AGES

__all__ = ["AGES", "EDGES", "MethodCount", "Quality", "ReliabilityBin", "quality"]


@dataclass(frozen=True, slots=True)
class Quality:
    methods: list[MethodCount]
    """Of the installs of the period, the most frequent first."""
    reliability: list[ReliabilityBin]
    is_own_reliability: bool
    """False = the app has too few installs whose truth is known: it is that of all apps."""
    signals: dict[str, Any]
    """As `signals_report`."""
    cohorts: dict[str, Any]
    discrepancies: dict[str, Any]
    pixels: list[dict[str, Any]]
    """With `vbo`, the progress to value-based bidding."""


async def quality(session: Session, app_id: str, period: Period, cohorts_by: str) -> Quality:
    """Raises:
    Refused: cohorts are not by that.
    """
    bounds = str(period.first), str(period.last)
    (reliability, is_own), methods, signals, cohorts, discrepancies, pixels = await asyncio.gather(
        session.reports.read(lambda pool: match_reliability(pool, app_id)),
        session.reports.read(lambda pool: match_methods(pool, app_id, period.zone, (period.first, period.last))),
        signals_report(session, app_id),
        told(session, ReportAsked(app_id, cohorts_by, *bounds, kind="cohorts")),
        told(session, ReportAsked(app_id, "campaign", *bounds, kind="discrepancies")),
        list_pixels(session, app_id),
    )
    return Quality(methods, reliability, is_own, signals, cohorts, discrepancies, pixels)
