"""Reports: what the ads cost and brought, and how well events can be matched at TikTok."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from admin.apps import require_app
from admin.audit import audited
from admin.refusal import Misused, Refused, refused_settings
from admin.session import Session
from ledger.input_set_aside import set_aside
from ledger.report import Report, ReportRow, column_names
from ledger.report_answer import Kind, answered, answered_report
from ledger.report_cohorts import cohort_columns
from ledger.report_csv import csv_of
from ledger.report_dimensions import DIMENSIONS
from ledger.report_discrepancies import discrepancy_columns
from ledger.report_query import QueryError, RangeError, ReportQuery, read_query
from ledger.report_zones import begin_anew
from ledger.signals import signal_shares
from tiktok.currency_rates import NO_RATES, Rates, read_rates

__all__ = [
    "DIMENSIONS",
    "Kind",
    "Report",
    "ReportAsked",
    "ReportRow",
    "columns_of",
    "csv_of",
    "recount",
    "signals_report",
    "told",
    "told_rows",
]


@dataclass(frozen=True, slots=True)
class ReportAsked:
    """As a person gives it."""

    app_id: str = ""
    by: str = ""
    """One dimension, or two with a comma between them."""
    first: str = ""
    last: str = ""
    kind: Kind = "report"


async def told(session: Session, asked: ReportAsked) -> dict[str, Any]:
    """{"rows", "totals", "warnings"} of `ledger.report`, or of the cohorts or discrepancies.

    Raises:
        Refused: there is no such app, dimension or day.
        Misused: the days are no period that a report has.
    """
    async with _asked(session, asked) as query:
        convert, now = _rates(session).between, datetime.now(UTC)
        return await session.reports.read(lambda pool: answered(pool, query, asked.kind, now, convert))


async def told_rows(session: Session, asked: ReportAsked) -> tuple[Report, list[str]]:
    """The same of `ledger.report`, for whoever shows a few rows of many: (report, warnings). Raises as `told`."""
    async with _asked(session, asked) as query:
        convert, now = _rates(session).between, datetime.now(UTC)
        return await session.reports.read(lambda pool: answered_report(pool, query, now, convert))


@asynccontextmanager
async def _asked(session: Session, asked: ReportAsked) -> AsyncIterator[ReportQuery]:
    if asked.app_id:
        await require_app(session, asked.app_id)
    with _refused(), refused_settings():
        yield _query(asked)


def columns_of(asked: ReportAsked) -> list[str]:
    """The columns of a flat table.

    Raises:
        Refused: there is no such dimension.
    """
    if asked.kind == "discrepancies":
        return discrepancy_columns()
    with _refused():
        by = _query(asked).by
    return cohort_columns(by) if asked.kind == "cohorts" else column_names(by)


async def recount(session: Session, app_id: str) -> dict[str, Any]:
    """{"app_id"}: the worker counts all its reports anew; until it has they are read from what they are counted of.

    Raises:
        Refused: none is named, or there is no such app.
    """
    if not app_id:
        raise Refused("app: names the app whose reports are counted anew (--app ID)")
    await require_app(session, app_id)
    async with audited(session, "report.recount", app_id, app_id) as change:
        await begin_anew(change.connection, app_id)
    return {"app_id": app_id}


async def signals_report(session: Session, app_id: str = "") -> dict[str, Any]:
    """{"events", "signals", "set_aside"}: the share of the latest events with each matching signal, and what was read
    as absent.

    Raises:
        Refused: there is no such app.
    """
    if app_id:
        await require_app(session, app_id)
    shares = asdict(await session.reports.read(lambda pool: signal_shares(pool, app_id or None)))
    now = datetime.now(UTC)
    counts = await session.reports.read(lambda pool: set_aside(pool, app_id or None, now))
    return {**shares, "set_aside": [asdict(count) for count in counts]}


def _query(asked: ReportAsked) -> ReportQuery:
    return read_query(asked.app_id or None, asked.by, asked.first, asked.last)


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except RangeError as error:
        raise Misused(f"{error.field}: {error}") from None
    except QueryError as error:
        raise Refused(f"{error.field}: {error}") from None


def _rates(session: Session) -> Rates:
    path = session.settings.currency_rates_file
    return read_rates(path) if path is not None else NO_RATES
