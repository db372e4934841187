"""A report as it is answered: with what whoever reads it should know. Commands, pages and programs ask here."""

from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from ledger.local_time import DEFAULT_ZONE, local_day
from ledger.report import Report, read_report
from ledger.report_cohorts import cohort_report
from ledger.report_columns import Convert, unconverted, untold
from ledger.report_discrepancies import discrepancy_report
from ledger.report_figures import in_turns
from ledger.report_query import ReportQuery, check_range
from ledger.report_zones import check_zone, reported_apps
from ledger.revenue_sources import second_sources
from ledger.source_watch import WARN_FOR

NO_RATE: Final = "no rate from {codes} to {currency} is known (CURRENCY_RATES_FILE): such sums stand in *_other"


Kind = Literal["report", "cohorts", "discrepancies"]


async def answered(
    pool: Any, query: ReportQuery, kind: Kind, now: datetime, convert: Convert = unconverted
) -> dict[str, Any]:
    """{"rows", "totals", "warnings"}.

    Raises:
        QueryError: that cannot be asked of this kind of report, or (RangeError) the days are no period that one has.
        SettingError: an app's time zone is none that the database knows.
    """
    if kind == "report":
        found, warnings = await answered_report(pool, query, now, convert)
        rows = [{"key": row.key, **row.figures()} async for row in in_turns(found.rows)]
        return {"rows": rows, "totals": found.totals, "warnings": warnings}
    check_range(query, await _today(pool, query.app_id, now))
    of_kind = cohort_report if kind == "cohorts" else discrepancy_report
    return {**await of_kind(pool, query, now, convert), "warnings": await _rivals(pool, query.app_id, now)}


async def answered_report(
    pool: Any, query: ReportQuery, now: datetime, convert: Convert = unconverted
) -> tuple[Report, list[str]]:
    """The report, and its warnings; raises as `answered`."""
    check_range(query, await _today(pool, query.app_id, now))
    found = await read_report(pool, query, convert)
    return found, [*await _rivals(pool, query.app_id, now), *_unknown_rates(found.totals)]


async def _today(pool: Any, app_id: str | None, now: datetime) -> date:
    """The app's local day; of several apps that of the one that is farthest ahead."""
    if app_id is None:
        return local_day(DEFAULT_ZONE, now + timedelta(hours=14))
    for app in await reported_apps(pool, app_id):
        check_zone(app)
        return local_day(app.zone, now)
    return local_day(DEFAULT_ZONE, now)


async def _rivals(pool: Any, app_id: str | None, now: datetime) -> list[str]:
    return [rival.warning() for rival in await second_sources(pool, now - WARN_FOR, app_id)]


def _unknown_rates(totals: dict[str, Any]) -> list[str]:
    codes = untold(totals)
    return [NO_RATE.format(codes=", ".join(codes), currency=totals["currency"])] if codes else []
