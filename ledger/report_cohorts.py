"""What the installs of a day brought by the day of their age, and what of its cost has come back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from ledger.local_time import local_day, period
from ledger.report_columns import Convert, in_currency, money, name_currency, ratio, reported_currency, unconverted
from ledger.report_dimensions import COLUMNS, By, Key, key_columns, order_of, shown_key
from ledger.report_facts import ALL_FACTS
from ledger.report_figures import FIRST, LAST, Asked, one_state
from ledger.report_names import names_of_keys
from ledger.report_query import QueryError, ReportQuery
from ledger.report_spend import reported_advertisers, tiktok_figures
from ledger.report_tables import OF_COHORTS, OLDEST_AGE, smallest
from ledger.report_tallies import Tally
from ledger.report_zones import ReportedApp, check_zone, reported_apps

AGES: Final = (0, 1, 3, 7, 14, 28)
"""Days after the install's at whose end the revenue is told."""
NOT_BY: Final[frozenset[By]] = frozenset({"hour", "country"})

_SUMS: Final = "sum(installs)::bigint AS installs, sum(revenue) AS revenue"
ROLLED_UP: Final = {
    one.table: f"""
SELECT {{columns}}, age, source, currency, max(day) FILTER (WHERE installs > 0) AS newest, {_SUMS}
FROM {one.table} WHERE app_id = $1 AND day >= $2 AND day <= $3 GROUP BY {{columns}}, age, source, currency
"""  # noqa: S608 - constants of this module alone, here and below
    for one in OF_COHORTS
}
CAME: Final = {
    one.table: f"""
SELECT {{columns}}, day AS born, sum(installs)::bigint AS installs
FROM {one.table} WHERE app_id = $1 AND day >= $2 AND day <= $3 AND installs <> 0 GROUP BY {{columns}}, day
"""  # noqa: S608
    for one in OF_COHORTS
}
"""Installs day by day: where some wait to be taken away, the newest day of those that stay is looked for among all."""
_BORN_IN: Final = "installed_quarter >= to_timestamp($2::float8) AND installed_quarter < to_timestamp($3::float8)"
WAITING_COHORTS = f"""
SELECT {{columns}}, quarter, installed_quarter, source, currency, {_SUMS}
FROM report_deltas WHERE app_id = $1 AND {_BORN_IN} AND (installs <> 0 OR revenue <> 0)
GROUP BY {{columns}}, quarter, installed_quarter, source, currency
"""  # noqa: S608
RECOUNTED_COHORTS = f"""
SELECT {{columns}}, quarter, installed_quarter, source, currency, {_SUMS}
FROM ({ALL_FACTS}) AS facts WHERE installed_quarter >= to_timestamp($4::float8)
    AND installed_quarter < to_timestamp($5::float8) AND (installs <> 0 OR revenue <> 0)
GROUP BY {{columns}}, quarter, installed_quarter, source, currency
"""  # noqa: S608


@dataclass(slots=True)
class Cohort:
    """The installs of one row."""

    came: dict[date, int] = field(default_factory=dict)
    """Day -> installs; where nobody asks which day, all stand on the newest."""
    by_age: dict[int, Tally] = field(default_factory=dict)
    """Age in days -> the revenue that came at that age."""
    cost: Tally = field(default_factory=Tally)

    def bring(self, age: int, currency: str, amount: Decimal) -> None:
        self.by_age.setdefault(age, Tally()).pay("revenue", currency, amount)

    @property
    def installs(self) -> int:
        return sum(self.came.values())

    @property
    def newest(self) -> date | None:
        """The last day on which one of them came."""
        return max((day for day, installs in self.came.items() if installs > 0), default=None)

    @property
    def empty(self) -> bool:
        """Nothing came, or what came is taken away again."""
        return not (self.installs or self.cost.spend or any(tally.revenue for tally in self.by_age.values()))

    def come(self, installs: int, day: date) -> None:
        self.came[day] = self.came.get(day, 0) + installs

    def add(self, other: "Cohort") -> None:
        for day, installs in other.came.items():
            self.come(installs, day)
        self.cost.add(other.cost)
        for age, tally in other.by_age.items():
            self.by_age.setdefault(age, Tally()).add(tally)

    def until(self, age: int) -> Tally:
        """All that came up to that age."""
        total = Tally()
        for at, tally in self.by_age.items():
            if at <= age:
                total.add(tally)
        return total


Cohorts = dict[Key, Cohort]


@dataclass(slots=True)
class _Read:
    """What was read of all apps."""

    cohorts: Cohorts = field(default_factory=dict)
    advertisers: list[str] = field(default_factory=list)
    currencies: list[str | None] = field(default_factory=list)
    today: date = date.max
    """Where it is earliest."""


async def cohort_report(pool: Any, query: ReportQuery, now: datetime, convert: Convert = unconverted) -> dict[str, Any]:
    """{"rows": [{"key", "installs", "spend", "currency", "revenue_d0", "roas_d0", ...}], "totals": {...}}: the revenue
    up to the end of each day of age, over the spend of the day of the install. None where that day has not passed for
    every install of the row.

    Raises:
        QueryError: cohorts are not by that.
        SettingError: an app's time zone is none that the database knows.
    """
    if not NOT_BY.isdisjoint(query.by):
        raise QueryError("by", "cohorts are by day, campaign, adgroup, ad, creative, platform or link")
    read = _Read()
    async with one_state(pool) as connection:
        for app in await reported_apps(connection, query.app_id):
            check_zone(app)
            read.today = min(read.today, local_day(app.zone, now))
            asked = Asked(app, query.by, query.first_day, query.last_day)
            await _read_app(connection, read, asked, alone=query.app_id is not None)
        rows = {key: one for key, one in read.cohorts.items() if not one.empty}
        names = await names_of_keys(connection, query.by, rows, read.advertisers)
    total = Cohort()
    for cohort in rows.values():
        total.add(cohort)
    both = total.until(OLDEST_AGE)
    both.add(total.cost)
    shown = _Shown(reported_currency(both, read.currencies if query.app_id else ()), convert, read.today)
    return {
        "rows": [
            {"key": shown_key(query.by, key, names), **shown.columns(rows[key], _own_day(query.by, key))}
            for key in sorted(rows, key=order_of(query.by))
        ],
        "totals": shown.columns(total, query.last_day),
    }


async def _read_app(connection: Any, read: _Read, asked: Asked, alone: bool) -> None:
    """`alone`: no other app's figures are added to these."""
    own: Cohorts = {}
    await _add_installs(connection, own, asked)
    advertisers = await reported_advertisers(connection, asked.app.app_id, asked.app.zone)
    for advertiser in advertisers:
        for key, tally in (await tiktok_figures(connection, asked, advertiser)).items():
            own.setdefault(key, Cohort()).cost.add(tally)
    chosen_first = sorted(advertisers, key=lambda one: not one.selected)
    currencies = [asked.app.currency, *(one.currency for one in chosen_first)]
    if not alone:
        name_currency([tally for one in own.values() for tally in (one.cost, *one.by_age.values())], currencies)
    for key, cohort in own.items():
        read.cohorts.setdefault(key, Cohort()).add(cohort)
    read.advertisers += [one.advertiser_id for one in advertisers]
    read.currencies += currencies


def cohort_columns(by: Sequence[By]) -> list[str]:
    """The columns of a flat table."""
    return [*key_columns(by), *_Shown(None, unconverted, date.max).columns(Cohort(), None)]


@dataclass(frozen=True, slots=True)
class _Shown:
    """How figures are shown."""

    currency: str | None
    convert: Convert
    today: date

    def columns(self, cohort: Cohort, day: date | None) -> dict[str, Any]:
        """`day` is the row's own, where no install says which."""
        spend, spend_other = in_currency(cohort.cost.spend, self.currency, self.convert)
        columns: dict[str, Any] = {"installs": cohort.installs, "spend": money(spend), "currency": self.currency}
        born = cohort.newest or day or self.today
        for age in AGES:
            passed = self.today - timedelta(days=age) > born
            revenue, revenue_other = in_currency(cohort.until(age).revenue, self.currency, self.convert)
            told = not spend_other and (revenue or not revenue_other)
            columns[f"revenue_d{age}"] = money(revenue) if passed else None
            columns[f"roas_d{age}"] = ratio(revenue, spend) if passed and told else None
        return columns


def _own_day(by: Sequence[By], key: Key) -> date | None:
    return key[by.index("day")] if "day" in by else None


async def _add_installs(connection: Any, found: Cohorts, asked: Asked) -> None:
    app = asked.app
    waiting = [] if app.rolled_up and not app.waiting else await _of_instants(connection, asked)
    if app.rolled_up:
        days = app.app_id, asked.first_day or FIRST, asked.last_day or LAST
        columns = ", ".join(COLUMNS[one] for one in asked.by)
        table = smallest(OF_COHORTS, asked.by).table
        taken_away = any(row["installs"] < 0 for row in waiting)
        for row in await connection.fetch(ROLLED_UP[table].replace("{columns}", columns), *days):
            newest = None if taken_away else row["newest"]
            _add(_cohort(found, asked, row), app, row, row["age"], newest)
        if taken_away:
            for row in await connection.fetch(CAME[table].replace("{columns}", columns), *days):
                _cohort(found, asked, row).come(row["installs"], row["born"])
    for row in waiting:
        born = local_day(app.zone, row["installed_quarter"])
        age = min(max((local_day(app.zone, row["quarter"]) - born).days, 0), OLDEST_AGE)
        _add(_cohort(found, asked, {**row, "day": born}), app, row, age, born)


async def _of_instants(connection: Any, asked: Asked) -> Any:
    """What stands by the quarter of an hour, which days of birth and ages are made of here."""
    app = asked.app
    bounds = period(app.zone, asked.first_day, asked.last_day)
    always = () if app.rolled_up else (float("-inf"), float("inf"))
    statement = WAITING_COHORTS if app.rolled_up else RECOUNTED_COHORTS
    of_ads = ", ".join(COLUMNS[one] for one in asked.by if one != "day") or "app_id"
    filled = statement.replace("{columns}", of_ads)
    return await connection.fetch(filled, app.app_id, *always, bounds.begins_s, bounds.ends_s)


def _cohort(found: Cohorts, asked: Asked, row: Any) -> Cohort:
    return found.setdefault(tuple(row[COLUMNS[one]] for one in asked.by), Cohort())


def _add(cohort: Cohort, app: ReportedApp, row: Any, age: int, born: date | None) -> None:
    """`born` None = the row does not say when its installs came."""
    if row["installs"] and born is not None:
        cohort.come(row["installs"], born)
    if row["source"] == app.revenue_source and row["revenue"]:
        cohort.bring(age, row["currency"], row["revenue"])
