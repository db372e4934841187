"""Reports: what the ads brought, and how well events can be matched at TikTok."""

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from admin.apps import require_app
from admin.refusal import Refused
from admin.session import Session
from ledger.input_set_aside import set_aside
from ledger.report import DIMENSIONS, By, ReportQuery, column_names, report
from ledger.revenue_sources import second_sources
from ledger.signals import signal_shares
from ledger.source_watch import WARN_FOR

__all__ = ["DIMENSIONS", "By", "ReportQuery", "campaign_report", "column_names", "dimension", "signals_report"]


async def campaign_report(session: Session, query: ReportQuery) -> dict[str, Any]:
    """The rows of `ledger.report`, and `warnings`: what may count revenue twice.

    Raises:
        Refused: there is no such app, or the days cannot be.
    """
    if query.first_day and query.last_day and query.first_day > query.last_day:
        raise Refused("from: must not be later than --to")
    if query.app_id:
        await require_app(session, query.app_id)
    rivals = await second_sources(session.database, datetime.now(UTC) - WARN_FOR, query.app_id)
    return {**await report(session.database, query), "warnings": [rival.warning() for rival in rivals]}


async def signals_report(session: Session, app_id: str = "") -> dict[str, Any]:
    """{"events", "signals", "set_aside"}: the share of the latest events with each matching signal, and what was read
    as absent.

    Raises:
        Refused: there is no such app.
    """
    if app_id:
        await require_app(session, app_id)
    shares = asdict(await signal_shares(session.database, app_id or None))
    counts = await set_aside(session.database, app_id or None, datetime.now(UTC))
    return {**shares, "set_aside": [asdict(count) for count in counts]}


def dimension(text: str) -> By:
    """Raises:
    Refused: a report has no such dimension.
    """
    for known in DIMENSIONS:
        if text == known:
            return known
    raise Refused(f"by: must be one of {', '.join(DIMENSIONS)}, not {text[:40]!r}")


def day(field: str, text: str) -> date | None:
    """None for an empty text.

    Raises:
        Refused: it is no day.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused(f"{field}: {text[:40]!r} is not a day; write it as 2026-11-20") from None
