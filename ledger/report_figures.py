"""Our side of a report: roll-ups and what waits to be added to them, or, where an app has none, its raw rows."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar

from ledger.links import ANDROID_PACKAGE, IOS_APP_ID
from ledger.local_time import period
from ledger.report_dimensions import COLUMNS, LOCAL, By, Key
from ledger.report_facts import ALL_FACTS, COUNTS, MONEY, REPEATS
from ledger.report_tables import OF_TIME, smallest
from ledger.report_tallies import Tally
from ledger.report_zones import ReportedApp

FIRST, LAST = date.min, date.max
TURN: Final = 500  # rows, some milliseconds
T = TypeVar("T")

# Clicks of phones whose OS the link, as it is set now, has no URL for while it has one for the other.
WRONG_LINKS = f"""
SELECT slug, CASE WHEN ios THEN 'android' ELSE 'ios' END AS platform
FROM (
    SELECT links.slug, coalesce(links.ios_url, {IOS_APP_ID}) IS NOT NULL AS ios,
        coalesce(links.android_url, {ANDROID_PACKAGE}) IS NOT NULL AS android
    FROM links JOIN apps ON apps.app_id = links.app_id WHERE links.app_id = $1
) AS link
WHERE ios <> android
"""  # noqa: S608 - constants of the ledger alone
# counts as numbers of the processor: PostgreSQL's sums of bigint are numeric, which take ten times as long to read
SUMS: Final = ", ".join(
    (*(f"sum({count})::bigint AS {count}" for count in COUNTS), *(f"sum({amount}) AS {amount}" for amount in MONEY))
)
_WRONG_OS: Final = """(sum(link_clicks) FILTER (WHERE link_clicks <> 0
    AND (link, platform) IN (SELECT * FROM unnest($4::text[], $5::text[]))))::bigint AS wrong_os"""


def _figures(source: str) -> str:
    """`{columns}` are those of the dimensions."""
    return f"""SELECT {{columns}}, source, currency, {SUMS}, {_WRONG_OS}
FROM {source} GROUP BY {{columns}}, source, currency"""  # noqa: S608 - constants of this module alone


ROLLED_UP: Final = {
    one.table: _figures(f"{one.table} WHERE app_id = $1 AND day >= $2 AND day <= $3") for one in OF_TIME
}
WAITING = _figures(
    "report_deltas WHERE app_id = $1 AND quarter >= to_timestamp($2::float8) AND quarter < to_timestamp($3::float8)"
)
RECOUNT = _figures(f"({ALL_FACTS}) AS facts")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of one app."""

    app: ReportedApp
    by: tuple[By, ...]
    first_day: date | None
    last_day: date | None


@asynccontextmanager
async def one_state(pool: Any) -> AsyncIterator[Any]:
    """A connection that sees one state of the ledger: what is added up meanwhile would be counted twice or not."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        yield connection


async def in_turns(rows: Iterable[T]) -> AsyncIterator[T]:
    """The same, letting whoever else works in the process have its turn: a report has tens of thousands of rows."""
    for number, row in enumerate(rows, start=1):
        yield row
        if number % TURN == 0:
            await asyncio.sleep(0)


async def our_figures(connection: Any, asked: Asked) -> dict[Key, Tally]:
    """What the ads brought, by key. `connection` is in a transaction that sees one state of the ledger."""
    wrong = await connection.fetch(WRONG_LINKS, asked.app.app_id)
    links = [row["slug"] for row in wrong], [row["platform"] for row in wrong]
    tallies: dict[Key, Tally] = {}
    if not asked.app.rolled_up:
        await tally(tallies, asked, await _of_instants(connection, RECOUNT, asked, links))
        return tallies
    days = asked.first_day or FIRST, asked.last_day or LAST
    columns = ", ".join(COLUMNS[one] for one in asked.by)
    rolled_up = ROLLED_UP[smallest(OF_TIME, asked.by).table].replace("{columns}", columns)
    async for row in in_turns(await connection.fetch(rolled_up, asked.app.app_id, *days, *links)):
        _add(tallies.setdefault(tuple(row[COLUMNS[one]] for one in asked.by), Tally()), asked.app, row)
    if asked.app.waiting:
        await tally(tallies, asked, await _of_instants(connection, WAITING, asked, links))
    return tallies


async def recounted(connection: Any, asked: Asked) -> dict[Key, Tally]:
    """The same from the raw rows, whatever the roll-ups say."""
    tallies: dict[Key, Tally] = {}
    await tally(tallies, asked, await _of_instants(connection, RECOUNT, asked, ([], [])))
    return tallies


async def _of_instants(connection: Any, statement: str, asked: Asked, links: tuple[list[str], list[str]]) -> Any:
    """Rows of what stands by the quarter of an hour, which days and hours are made of here."""
    bounds = period(asked.app.zone, asked.first_day, asked.last_day)
    filled = statement.replace("{columns}", ", ".join(raw_columns(asked)))
    return await connection.fetch(filled, asked.app.app_id, bounds.begins_s, bounds.ends_s, *links)


def raw_columns(asked: Asked) -> tuple[str, ...]:
    """Those of a fact by which rows are told apart that days and hours are still to be made of."""
    return tuple(dict.fromkeys("quarter" if one in LOCAL else COLUMNS[one] for one in asked.by))


async def tally(tallies: dict[Key, Tally], asked: Asked, rows: Iterable[Any]) -> None:
    """Add such rows."""
    zone = asked.app.zone
    async for row in in_turns(rows):
        key = tuple(LOCAL[one](zone, row["quarter"]) if one in LOCAL else row[COLUMNS[one]] for one in asked.by)
        _add(tallies.setdefault(key, Tally()), asked.app, row)


_COUNTED: Final = ("link_clicks", "visits", "wrong_os", "installs", "events", "registrations")


def _add(tally: Tally, app: ReportedApp, row: Any) -> None:
    """Revenue and trials are those of the app's one source of them; refunds come from it, too, or from any where that
    is the SDK, which seldom knows of one; of any, what two of them tell of counts once.
    """
    tally.count(row, _COUNTED)
    source, currency = row["source"], row["currency"]
    if source == app.revenue_source:
        tally.count(row, ("sales", "trials"))
        for amount in ("revenue", "proceeds", "proceeds_of"):
            tally.pay(amount, currency, row[amount])
    of_any = app.revenue_source == "sdk" and not source.endswith(REPEATS)
    if of_any or source.removesuffix(REPEATS) == app.revenue_source:
        tally.pay("refunds", currency, row["refunds"])
