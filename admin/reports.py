"""Reports: what the ads brought, and how well events can be matched at TikTok."""

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from admin.apps import require_app
from admin.refusal import Refused
from admin.session import Session
from ledger.input_set_aside import set_aside
from ledger.report import DIMENSIONS, By, ReportQuery, column_names, report
from ledger.report_dimensions import AT_ONCE
from ledger.revenue_sources import second_sources
from ledger.signals import signal_shares
from ledger.source_watch import WARN_FOR

__all__ = ["DIMENSIONS", "By", "ReportQuery", "campaign_report", "column_names", "dimensions", "signals_report"]


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


def dimensions(text: str) -> tuple[By, ...]:
    """One dimension, or two with a comma between them.

    Raises:
        Refused: a report has no such dimension, or not these at once.
    """
    names = [name.strip() for name in text.split(",")]
    found = tuple(known for name in names for known in DIMENSIONS if name == known)
    if len(found) != len(names) or not found:
        raise Refused(f"by: must be one or two of {', '.join(DIMENSIONS)}, not {text[:40]!r}")
    if len(set(found)) != len(found) or len(found) > AT_ONCE:
        raise Refused("by: takes one dimension, or two different ones such as day,campaign")
    if {"hour", "country"} <= set(found):
        raise Refused("by: hour and country do not go together: TikTok tells spend by country for whole days alone")
    return found


def day(field: str, text: str) -> date | None:
    """None for an empty text.

    Raises:
        Refused: it is no day.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused(f"{field}: {text[:40]!r} is not a day; write it as 2026-11-20") from None
