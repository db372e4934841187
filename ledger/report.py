"""The report: what the ads brought, by day, campaign and so on. Days and hours are those of the app's time zone.

link_clicks are persons' clicks on Signal links, visits everything else that opened them; wrong_os are the clicks of
phones whose OS the link, as it is set now, has no URL for while it has one for the other. installs, events and revenue
are those of installs that were credited to a click: what an ad brought, not what the app has.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal, get_args

from ledger.ad_names import names_of
from ledger.local_time import local_day, local_hour
from ledger.report_periods import PERIODS, app_periods, in_period, quarter_of
from ledger.webhook_providers import SALE_EVENTS

By = Literal["day", "hour", "campaign", "adgroup", "ad", "country", "platform", "link"]
DIMENSIONS: Final[tuple[By, ...]] = get_args(By)
MONEY_PLACES = 6

# Revenue is that of the app's one source of it, so that a sale reported by two counts once; refunds are not taken off.
# The value of these is what might be paid; every other event of an SDK with a value is revenue.
UNPAID_EVENTS: Final = (
    "search", "view_content", "view_item", "add_to_cart", "add_to_wishlist", "initiate_checkout", "add_payment_info",
)  # fmt: skip

COUNTED = ("spend", "impressions", "clicks", "reach", "link_clicks", "visits", "wrong_os", "installs", "events")
RATIOS = ("cpi", "ipm", "cpm", "cpc", "ctr", "cti", "roas")


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """What to report on."""

    app_id: str | None
    """None = every app, each in its own time zone."""
    by: By
    first_day: date | None
    """Inclusive, as is the last; None = no bound."""
    last_day: date | None


@dataclass(slots=True)
class _Tally:
    """One row while it is added up."""

    name: str | None = None
    spend: Decimal = Decimal(0)
    impressions: int = 0
    clicks: int = 0
    reach: int = 0
    link_clicks: int = 0
    visits: int = 0
    wrong_os: int = 0
    installs: int = 0
    events: int = 0
    revenue: dict[str, Decimal] = field(default_factory=dict)
    """Currency ('' = none given) -> sum."""

    def add(self, other: "_Tally") -> None:
        for column in COUNTED:
            setattr(self, column, getattr(self, column) + getattr(other, column))
        for currency, amount in other.revenue.items():
            self.revenue[currency] = self.revenue.get(currency, Decimal(0)) + amount


# Every source gives the same columns to group by; an id is '' and a country null where nothing says which.
_FROM_CLICK = """
    coalesce(installs.click ->> 'campaign_id', '') AS campaign_id, installs.click ->> 'campaign_name' AS campaign_name,
    coalesce(installs.click ->> 'adgroup_id', '') AS adgroup_id, installs.click ->> 'adgroup_name' AS adgroup_name,
    coalesce(installs.click ->> 'ad_id', '') AS ad_id, installs.click ->> 'ad_name' AS ad_name,
    upper(coalesce(
        installs.body -> 'user' ->> 'country',
        substring(installs.body -> 'device' ->> 'locale' FROM '^[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?[-_]([A-Za-z]{2})$')
    )) AS country,
    installs.platform, installs.click ->> 'link' AS link
"""
_HAS_IOS = "coalesce(links.ios_url, nullif(apps.settings ->> 'ios_app_id', '')) IS NOT NULL"
_HAS_ANDROID = "coalesce(links.android_url, nullif(apps.settings ->> 'android_package', '')) IS NOT NULL"
_WRONG_OS = f"""kind = 'click' AND CASE platform
    WHEN 'ios' THEN {_HAS_ANDROID} AND NOT {_HAS_IOS} WHEN 'android' THEN {_HAS_IOS} AND NOT {_HAS_ANDROID}
    ELSE false END"""
_VISIT_TIME = "visit_counts.begins_at"
VISITS = f"""
SELECT {{key}} AS key, {{zone}} AS zone, NULL AS name, sum(visits) FILTER (WHERE kind = 'click') AS link_clicks,
    sum(visits) FILTER (WHERE kind <> 'click') AS visits, sum(visits) FILTER (WHERE wrong_os) AS wrong_os
FROM (
    SELECT {quarter_of(_VISIT_TIME)} AS quarter, zone, campaign_id, adgroup_id, ad_id, NULL::text AS country,
        platform, link, kind, visits, {_WRONG_OS} AS wrong_os
    FROM visit_counts JOIN links ON links.slug = visit_counts.link JOIN apps USING (app_id) {PERIODS}
    WHERE {in_period(_VISIT_TIME)}
) AS facts
GROUP BY 1, 2
"""  # noqa: S608 - put together from constants of this module alone, here and below

_INSTALL_TIME = "installs.occurred_at"
INSTALLS = f"""
SELECT {{key}} AS key, {{zone}} AS zone, max({{name}}) AS name, count(*) AS installs
FROM (
    SELECT {quarter_of(_INSTALL_TIME)} AS quarter, zone, {_FROM_CLICK}
    FROM installs JOIN apps USING (app_id) {PERIODS}
    WHERE installs.click_id IS NOT NULL AND {in_period(_INSTALL_TIME)}
) AS facts
GROUP BY 1, 2
"""  # noqa: S608

_EVENT_TIME = "events.occurred_at"
EVENTS = f"""
SELECT {{key}} AS key, {{zone}} AS zone, max({{name}}) AS name, coalesce(currency, '') AS currency, count(*) AS events,
    sum(value) FILTER (WHERE source = revenue_source AND CASE WHEN source = 'sdk' THEN event <> ALL ($5::text[])
        ELSE event = ANY ($6::text[]) END) AS revenue
FROM (
    SELECT {quarter_of(_EVENT_TIME)} AS quarter, zone, events.name AS event, events.currency, events.value,
        events.source, coalesce(nullif(apps.settings ->> 'revenue_source', ''), 'sdk') AS revenue_source, {_FROM_CLICK}
    FROM events JOIN apps USING (app_id) JOIN installs USING (app_id, install_id) {PERIODS}
    WHERE installs.click_id IS NOT NULL AND events.event_id <> 'install:' || events.install_id
        AND {in_period(_EVENT_TIME)}
) AS facts
GROUP BY 1, 2, currency
"""  # noqa: S608

_KEYS: Final[dict[str, str]] = {
    "day": "quarter",
    "hour": "quarter",
    "campaign": "campaign_id",
    "adgroup": "adgroup_id",
    "ad": "ad_id",
    "country": "country",
    "platform": "platform",
    "link": "link",
}
_NAMED: Final = frozenset({"campaign", "adgroup", "ad"})
_LOCAL: Final[dict[str, Callable[[str, datetime], str]]] = {
    "day": lambda zone, quarter: local_day(zone, quarter).isoformat(),
    "hour": local_hour,
}

CURRENCY = "SELECT nullif(settings ->> 'currency', '') FROM apps WHERE app_id = $1"


async def report(connection: Any, query: ReportQuery) -> dict[str, Any]:
    """{"rows": [...], "totals": {...}} as the contract's `report` has it, rows in the order of their key.

    Raises:
        SettingError: an app's time zone is none that the database knows.
    """
    arguments = await app_periods(connection, query.app_id, query.first_day, query.last_day)
    local = _LOCAL.get(query.by)
    tallies: dict[str | None, _Tally] = {}
    for statement, further in ((VISITS, ()), (INSTALLS, ()), (EVENTS, (UNPAID_EVENTS, SALE_EVENTS))):
        for row in await connection.fetch(_grouped(statement, query.by), *arguments, *further):
            key = local(row["zone"], row["key"]) if local else row["key"]
            _count(tallies.setdefault(key, _Tally()), row)
    if query.by in _NAMED:
        await _name(connection, query.by, tallies)
    total = _Tally()
    for tally in tallies.values():
        total.add(tally)
    wanted = await connection.fetchval(CURRENCY, query.app_id) if query.app_id else None
    currency = wanted or _most(total.revenue)
    rows = [
        {"key": _key(query.by, key, tallies[key].name), **_columns(tallies[key], currency)}
        for key in sorted(tallies, key=_order(query.by))
    ]
    return {"rows": rows, "totals": _columns(total, currency)}


def _order(by: By) -> Callable[[str | None], Any]:
    """Hours in the order in which they passed: of two with one name the one before the clock was set back."""
    if by == "hour":
        return lambda key: datetime.fromisoformat(key or "")
    return lambda key: (key is None, key or "")


async def _name(connection: Any, by: By, tallies: dict[str | None, _Tally]) -> None:
    """What clicks called it last goes before what a matched install's click did."""
    for key, name in (await names_of(connection, by, [key for key in tallies if key])).items():
        tallies[key].name = name


def _grouped(statement: str, by: By) -> str:
    name = f"{by}_name" if by in _NAMED else "NULL::text"
    zone = "zone" if by in _LOCAL else "''"
    return statement.replace("{key}", _KEYS[by]).replace("{zone}", zone).replace("{name}", name)


def _count(tally: _Tally, row: Any) -> None:
    tally.name = row["name"] or tally.name
    found = dict(row)
    tally.link_clicks += int(found.get("link_clicks") or 0)
    tally.visits += int(found.get("visits") or 0)
    tally.wrong_os += int(found.get("wrong_os") or 0)
    tally.installs += found.get("installs", 0)
    tally.events += found.get("events", 0)
    if found.get("revenue") is not None:
        tally.revenue[found["currency"]] = tally.revenue.get(found["currency"], Decimal(0)) + found["revenue"]


def _key(by: By, key: str | None, name: str | None) -> dict[str, str | None]:
    return {f"{by}_id": key, f"{by}_name": name} if by in _NAMED else {by: key}


def _most(revenue: dict[str, Decimal]) -> str | None:
    """The currency to report in where the app names none: the one with the largest sum."""
    named = [currency for currency in revenue if currency]
    return max(named, key=lambda currency: revenue[currency], default=None)


def _columns(tally: _Tally, currency: str | None) -> dict[str, Any]:
    """The figures of a row. Amounts in other currencies are never added in: they stand in `revenue_other`."""
    revenue = tally.revenue.get("", Decimal(0)) + (tally.revenue.get(currency, Decimal(0)) if currency else 0)
    others = {code: _money(amount) for code, amount in tally.revenue.items() if code not in ("", currency)}
    return {
        "spend": _money(tally.spend),
        "currency": currency,
        "impressions": tally.impressions,
        "clicks": tally.clicks,
        "reach": tally.reach,
        "link_clicks": tally.link_clicks,
        "visits": tally.visits,
        "wrong_os": tally.wrong_os,
        "installs": tally.installs,
        "installs_from": "signalpost",
        "events": tally.events,
        "revenue": _money(revenue),
        "revenue_from": "signalpost",
        "revenue_other": others,
        **_ratios(tally, revenue),
    }


def _ratios(tally: _Tally, revenue: Decimal) -> dict[str, float | None]:
    """CPI = spend / installs, IPM = installs / impressions x 1,000, CPM = spend / impressions x 1,000, CPC = spend /
    clicks, CTR = clicks / impressions, CTI = installs / clicks, ROAS = revenue / spend; None for a division by zero.
    """
    figures = (
        _ratio(tally.spend, tally.installs),
        _ratio(tally.installs * 1000, tally.impressions),
        _ratio(tally.spend * 1000, tally.impressions),
        _ratio(tally.spend, tally.clicks),
        _ratio(tally.clicks, tally.impressions),
        _ratio(tally.installs, tally.clicks),
        _ratio(revenue, tally.spend),
    )
    return dict(zip(RATIOS, figures, strict=True))


def _ratio(dividend: Decimal | int, divisor: Decimal | int) -> float | None:
    return _money(Decimal(dividend) / Decimal(divisor)) if divisor else None


def _money(amount: Decimal) -> float:
    return float(round(amount, MONEY_PLACES))


def column_names(by: By) -> list[str]:
    """The columns of a flat table: those of the key, then the figures without `revenue_other`, which is nested."""
    return [*_key(by, None, None), *(name for name in _columns(_Tally(), None) if name != "revenue_other")]
