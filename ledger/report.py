"""The report: what the ads cost and brought, by day, campaign and so on. Days and hours are those of the app's zone.

link_clicks are persons' clicks on Signal links, visits everything else that opened them; wrong_os are the clicks of
phones whose OS the link has no URL for. installs, events and revenue are those of installs that were credited to a
click: what an ad brought, not what the app has. spend, impressions, clicks and reach are TikTok's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.report_columns import (
    Convert,
    columns_of,
    figure_names,
    in_currency,
    money,
    name_currency,
    reported_currency,
    unconverted,
)
from ledger.report_dimensions import DIMENSIONS, By, Key, key_columns, order_of, shown_key
from ledger.report_figures import Asked, in_turns, one_state, our_figures
from ledger.report_names import names_of_keys
from ledger.report_query import ReportQuery
from ledger.report_reach import reach_by
from ledger.report_spend import reported_advertisers, tiktok_figures
from ledger.report_tallies import Tally, put_together
from ledger.report_zones import ReportedApp, check_zone, reported_apps

__all__ = ["DIMENSIONS", "By", "Report", "ReportQuery", "ReportRow", "column_names", "read_report", "report"]


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row whose figures are worked out when somebody looks: a page shows 50 of thousands."""

    key: dict[str, str | None]
    tally: Tally
    currency: str | None
    convert: Convert

    @property
    def spend(self) -> float:
        """What tables are in the order of."""
        return money(in_currency(self.tally.spend, self.currency, self.convert)[0])

    def figures(self) -> dict[str, Any]:
        """By column, without the key."""
        return columns_of(self.tally, self.currency, self.convert)


@dataclass(frozen=True, slots=True)
class Report:
    """Rows in the order of their key, and what they come to."""

    rows: list[ReportRow]
    totals: dict[str, Any]


async def report(pool: Any, query: ReportQuery, convert: Convert = unconverted) -> dict[str, Any]:
    """{"rows": [...], "totals": {...}} as the contract's `report` has it.

    Raises:
        SettingError: an app's time zone is none that the database knows.
    """
    found = await read_report(pool, query, convert)
    return {"rows": [{"key": row.key, **row.figures()} async for row in in_turns(found.rows)], "totals": found.totals}


async def read_report(pool: Any, query: ReportQuery, convert: Convert = unconverted) -> Report:
    """Raises:
    SettingError: an app's time zone is none that the database knows.
    """
    found = _Found()
    async with one_state(pool) as connection:
        apps = await reported_apps(connection, query.app_id)
        for app in apps:
            check_zone(app)
            await _add_app(connection, found, app, query)
        if len(apps) > 1:
            found.reach.clear()
        rows = {key: tally for key, tally in found.tallies.items() if not tally.empty}
        names = await names_of_keys(connection, query.by, rows, found.advertisers)
    total = Tally(reach=found.reach.get(()))
    for key, tally in rows.items():
        total.add(tally)
        tally.reach = found.reach.get(key)
    currency = reported_currency(total, found.currencies if query.app_id else ())
    ordered = in_turns(sorted(rows, key=order_of(query.by)))
    return Report(
        [ReportRow(shown_key(query.by, key, names), rows[key], currency, convert) async for key in ordered],
        columns_of(total, currency, convert),
    )


@dataclass(slots=True)
class _Found:
    """What was read of all apps."""

    tallies: dict[Key, Tally] = field(default_factory=dict)
    reach: dict[Key, int] = field(default_factory=dict)
    advertisers: list[str] = field(default_factory=list)
    currencies: list[str | None] = field(default_factory=list)
    """To report in, the first that is one."""


async def _add_app(connection: Any, found: _Found, app: ReportedApp, query: ReportQuery) -> None:
    asked = Asked(app, query.by, query.first_day, query.last_day)
    advertisers = await reported_advertisers(connection, app.app_id, app.zone)
    sides = [await our_figures(connection, asked)]
    sides += [await tiktok_figures(connection, asked, advertiser) for advertiser in advertisers]
    own: dict[Key, Tally] = {}
    for side in sides:
        put_together(own, side)
    chosen = [advertiser.currency for advertiser in advertisers if advertiser.selected]
    currencies = [app.currency, *chosen, *(advertiser.currency for advertiser in advertisers)]
    if query.app_id is None:
        name_currency(own.values(), currencies)
    put_together(found.tallies, own)
    found.reach |= await reach_by(connection, asked, advertisers)
    found.advertisers += [advertiser.advertiser_id for advertiser in advertisers]
    found.currencies += currencies


def column_names(by: Sequence[By]) -> list[str]:
    """The columns of a flat table: those of the key, then the figures but those that are nested."""
    return [*key_columns(by), *figure_names()]
