"""The report: what the ads cost and brought, by day, campaign and so on. Days and hours are those of the app's zone.

link_clicks are persons' clicks on Signal links, visits everything else that opened them; wrong_os are the clicks of
phones whose OS the link has no URL for. installs, events and revenue are those of installs that were credited to a
click: what an ad brought, not what the app has. spend, impressions, clicks and reach are TikTok's.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from ledger.ad_names import names_of
from ledger.report_columns import Convert, columns_of, figure_names, reported_currency, unconverted
from ledger.report_dimensions import DIMENSIONS, NAMED, By, Key, key_columns, order_of, shown_key
from ledger.report_figures import Asked, our_figures
from ledger.report_tallies import Tally
from ledger.report_zones import ReportedApp, check_zone, reported_apps

__all__ = ["DIMENSIONS", "By", "ReportQuery", "column_names", "report"]


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """What to report on."""

    app_id: str | None
    """None = every app, each in its own time zone."""
    by: tuple[By, ...]
    """One or two."""
    first_day: date | None
    """Inclusive, as is the last; None = no bound."""
    last_day: date | None


async def report(pool: Any, query: ReportQuery, convert: Convert = unconverted) -> dict[str, Any]:
    """{"rows": [...], "totals": {...}} as the contract's `report` has it, rows in the order of their key.

    Raises:
        SettingError: an app's time zone is none that the database knows.
    """
    tallies: dict[Key, Tally] = {}
    async with _one_state(pool) as connection:
        apps = await reported_apps(connection, query.app_id)
        for app in apps:
            check_zone(app)
            for key, tally in (await _of_app(connection, app, query)).items():
                tallies.setdefault(key, Tally()).add(tally)
        tallies = {key: tally for key, tally in tallies.items() if not tally.empty}
        names = await _names(connection, query.by, tallies)
    total = Tally()
    for tally in tallies.values():
        total.add(tally)
    currency = reported_currency(total, [app.currency for app in apps] if query.app_id else ())
    rows = [
        {"key": shown_key(query.by, key, names), **columns_of(tallies[key], currency, convert)}
        for key in sorted(tallies, key=order_of(query.by))
    ]
    return {"rows": rows, "totals": columns_of(total, currency, convert)}


@asynccontextmanager
async def _one_state(pool: Any) -> AsyncIterator[Any]:
    """A connection that sees one state of the ledger: what is added up meanwhile would be counted twice or not."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        yield connection


async def _of_app(connection: Any, app: ReportedApp, query: ReportQuery) -> dict[Key, Tally]:
    return await our_figures(connection, Asked(app, query.by, query.first_day, query.last_day))


async def _names(connection: Any, by: Sequence[By], keys: dict[Key, Tally]) -> dict[tuple[By, str], str]:
    """(dimension, id) -> what clicks called it last."""
    found: dict[tuple[By, str], str] = {}
    for place, one in enumerate(by):
        if one in NAMED:
            ids = sorted({key[place] for key in keys if key[place]})
            found |= {(one, identifier): name for identifier, name in (await names_of(connection, one, ids)).items()}
    return found


def column_names(by: Sequence[By]) -> list[str]:
    """The columns of a flat table: those of the key, then the figures but those that are nested."""
    return [*key_columns(by), *figure_names()]
