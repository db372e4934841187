"""Our figures beside TikTok's, campaign by campaign, and why the two may differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from ledger.local_time import local_day
from ledger.report_columns import Convert, all_told, in_currency, money, reported_currency, unconverted
from ledger.report_dimensions import By, Key, key_columns, order_of, shown_key
from ledger.report_figures import Asked, one_state, our_figures
from ledger.report_names import names_of_keys
from ledger.report_query import QueryError, ReportQuery
from ledger.report_spend import ReportedAdvertiser, reported_advertisers, tiktok_figures
from ledger.report_tallies import Tally, put_together
from ledger.report_zones import check_zone, reported_apps

BY: Final[tuple[By, ...]] = ("campaign",)
SETTLES_IN: Final = timedelta(days=7)
"""TikTok's default window for clicks: so long it adds conversions to a day, and corrects its spend for some days."""

# Source: TikTok's help pages on attribution (default windows, self-attribution) and on discrepancies.
REASONS: Final = {
    "view_through": "TikTok counts conversions of people who saw an ad and did not click it, within a day by default",
    "attribution_window": "TikTok credits a click for 7 days by default; here the app's own windows hold",
    "interaction_day": "TikTok books a conversion on the day of the click or view, we on the day it happened",
    "zone_differs": "TikTok's days are the advertiser's time zone, ours the app's",
    "not_settled": "the last days are not settled: TikTok adds conversions and corrects spend for a week",
    "consent_withheld": "events of people who withheld consent are counted here and never sent to TikTok",
    "last_click": "we credit the last click alone; TikTok credits itself whatever else led there",
}
# of the latest deliveries: an older refusal explains nothing now
WITHHELD = """
SELECT EXISTS (SELECT FROM (
    SELECT state, reason FROM deliveries WHERE app_id = $1 ORDER BY delivery_id DESC LIMIT 5000
) AS latest WHERE state = 'suppressed' AND reason LIKE 'consent %')
"""


@dataclass(frozen=True, slots=True)
class _Circumstances:
    """What is known of the app that explains a difference."""

    zone_differs: bool
    not_settled: bool
    consent_withheld: bool


async def discrepancy_report(
    pool: Any, query: ReportQuery, now: datetime, convert: Convert = unconverted
) -> dict[str, Any]:
    """{"rows": [{"key", "installs", "tiktok_installs", "installs_difference", "purchases", ..., "revenue", ...,
    "currency", "reasons": [code]}], "totals": {...}, "reasons": {code: sentence}}, of one app. A difference is ours
    less TikTok's, None where TikTok said nothing.

    Raises:
        QueryError: no app is named.
        SettingError: the app's time zone is none that the database knows.
    """
    if query.app_id is None:
        raise QueryError("app", "names the app whose figures are compared")
    async with one_state(pool) as connection:
        [app] = await reported_apps(connection, query.app_id)
        check_zone(app)
        asked = Asked(app, BY, query.first_day, query.last_day)
        advertisers = await reported_advertisers(connection, app.app_id, app.zone)
        tallies = await our_figures(connection, asked)
        for advertiser in advertisers:
            put_together(tallies, await tiktok_figures(connection, asked, advertiser))
        names = await names_of_keys(connection, BY, tallies, [one.advertiser_id for one in advertisers])
        withheld: bool = await connection.fetchval(WITHHELD, app.app_id)
    today = local_day(app.zone, now)
    known = _Circumstances(_differs(app.zone, advertisers), _unsettled(query.last_day, today), withheld)
    return _shown(tallies, names, known, (app.currency, advertisers, convert))


def _shown(
    tallies: dict[Key, Tally],
    names: dict[tuple[By, str], str],
    known: _Circumstances,
    money_of: tuple[str | None, Sequence[ReportedAdvertiser], Convert],
) -> dict[str, Any]:
    wanted, advertisers, convert = money_of
    total = Tally()
    for tally in tallies.values():
        total.add(tally)
    chosen = sorted(advertisers, key=lambda one: not one.selected)
    currency = reported_currency(total, (wanted, *(one.currency for one in chosen)))
    rows = [
        {"key": shown_key(BY, key, names), **_row(tallies[key], currency, convert, known)}
        for key in sorted(tallies, key=order_of(BY))
        if _says_something(tallies[key])
    ]
    return {"rows": rows, "totals": _row(total, currency, convert, known), "reasons": REASONS}


def _row(tally: Tally, currency: str | None, convert: Convert, known: _Circumstances) -> dict[str, Any]:
    revenue, not_told = in_currency(tally.revenue, currency, convert)
    ours = {"installs": Decimal(tally.installs), "purchases": Decimal(tally.sales), "revenue": revenue}
    theirs = {
        "installs": tally.tiktok_installs,
        "purchases": tally.tiktok_purchases,
        "revenue": all_told(tally.tiktok_revenue, currency, convert),
    }
    compared = theirs | ({"revenue": None} if not_told else {})  # a part is not compared with the whole
    row: dict[str, Any] = {}
    differences = []
    for name, own in ours.items():
        said, to_compare = theirs[name], compared[name]
        row[name] = money(own) if name == "revenue" else int(own)
        row[f"tiktok_{name}"] = None if said is None else money(said)
        row[f"{name}_difference"] = None if to_compare is None else money(own - to_compare)
        differences.append(own - (said or 0))
    return {**row, "currency": currency, "reasons": _reasons(differences, known)}


def _reasons(differences: Sequence[Decimal], known: _Circumstances) -> list[str]:
    """The codes that may explain them, those that hold only one way round left out the other way."""
    if not any(differences):
        return []
    they_have_more, we_have_more = any(one < 0 for one in differences), any(one > 0 for one in differences)
    holds = {
        "view_through": they_have_more,
        "attribution_window": True,
        "interaction_day": True,
        "zone_differs": known.zone_differs,
        "not_settled": known.not_settled,
        "consent_withheld": known.consent_withheld and we_have_more,
        "last_click": they_have_more,
    }
    return [code for code, does in holds.items() if does]


def _differs(zone: str, advertisers: Sequence[ReportedAdvertiser]) -> bool:
    return any(advertiser.zone != zone for advertiser in advertisers)


def _unsettled(last: date | None, today: date) -> bool:
    return last is None or last > today - SETTLES_IN


def _says_something(tally: Tally) -> bool:
    said = (tally.tiktok_installs, tally.tiktok_purchases, tally.tiktok_revenue)
    return bool(tally.installs or tally.sales or tally.revenue or any(said))


def discrepancy_columns() -> list[str]:
    """The columns of a flat table."""
    known = _Circumstances(False, False, False)
    return [*key_columns(BY), *_row(Tally(), None, unconverted, known)]
