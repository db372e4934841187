"""How long does a report of 90 days take, and does it grow with the events? `python -m loadtests.roll_ups`

A real `signalpost up --demo` is given an app with 10 million link clicks (as counters), 300,000 installs, spend by hour
of 500 ads, and first a tenth of the events, then all of them, by SQL. Its worker adds all that up, and its forwarder is
asked. Then the worker is stopped and the roll-ups are disowned, so that the same question goes to the raw rows. Writes
`results/report.md`.
"""

import argparse
import asyncio
import json
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from loadtests.contestants import ContestantError
from loadtests.cores import choose_cores
from loadtests.machine import Machine, describe_machine
from loadtests.percentiles import nearest_rank
from loadtests.product import Product

RESULT = Path(__file__).parent / "results" / "report.md"
DAYS, ADS, CLICKS = 90, 500, 10_000_000
INSTALLS = 300_000
EVENTS = 2_000_000
TIMES, RAW_TIMES = 30, 5
BUILD_LIMIT_S = 3_600.0
AIM_MS, AIM_RATIO, AIM_GROWTH = 300, 30, 2.0
WEEK = 7  # days of the report by hour
# a counter for each ad and hour
PUT_VISITS = """
INSERT INTO visit_counts (begins_at, link, platform, kind, campaign_id, adgroup_id, ad_id, visits)
SELECT $1::timestamptz + hour * interval '1 hour', $2, CASE ad % 2 WHEN 0 THEN 'ios' ELSE 'android' END, 'click',
    'c' || ad / 20, 'g' || ad / 5, 'a' || ad, $3::bigint / ($4::integer * 24 * $5::integer)
FROM generate_series(0, $4::integer * 24 - 1) hour CROSS JOIN generate_series(0, $5::integer - 1) ad
"""
PUT_INSTALLS = """
INSERT INTO installs (app_id, install_id, platform, occurred_at, received_at, body, match_method, click_id, click)
SELECT $1, 'load-' || n, CASE ad % 2 WHEN 0 THEN 'ios' ELSE 'android' END, at, at,
    jsonb_build_object('device', jsonb_build_object('locale', (ARRAY['en-US', 'de-DE', 'fr-FR', 'es-MX', 'ja-JP'])[1 + n % 5])),
    'referrer', 'load-' || n, jsonb_build_object('click_id', 'load-' || n, 'link', $2::text, 'campaign_id', 'c' || ad / 20,
        'adgroup_id', 'g' || ad / 5, 'ad_id', 'a' || ad, 'ttclid', 'E.C.P.' || repeat(md5(n::text), 8))
FROM (
    SELECT n, (n::bigint * 7919) % $5::integer AS ad,
        $3::timestamptz + n::float8 / $4 * $6::integer * interval '1 day' AS at
    FROM generate_series(0, $4::integer - 1) n
) AS one
"""  # noqa: E501
PUT_EVENTS = """
INSERT INTO events (app_id, event_id, name, install_id, occurred_at, received_at, value, currency, body, joined)
SELECT $1, 'load-' || n, CASE WHEN n % 3 = 0 THEN 'purchase' ELSE 'level' END, install_id, at, at,
    CASE WHEN n % 3 = 0 THEN 9.99 END, CASE WHEN n % 3 = 0 THEN 'EUR' END, '{"properties": {"order_id": "o1"}}', true
FROM (
    SELECT n, i.install_id,
        least(i.occurred_at + (n::bigint * 7907) % 864000 * interval '1 second', $5::timestamptz) AS at
    FROM generate_series($2::integer, $3::integer - 1) n JOIN installs i
        ON i.app_id = $1 AND i.install_id = 'load-' || (n::bigint * 104729) % $4::integer
) AS one
"""
PUT_ADVERTISER = """
INSERT INTO advertisers (app_id, advertiser_id, name, currency, timezone, selected, selected_at, seen_at)
VALUES ($1, 'load', 'load', 'EUR', 'UTC', true, now(), now())
"""
PUT_ADS = """
INSERT INTO ads (advertiser_id, ad_id, adgroup_id, campaign_id, name, link, seen_at)
SELECT 'load', 'a' || ad, 'g' || ad / 5, 'c' || ad / 20, 'Ad ' || ad, $1, now()
FROM generate_series(0, $2::integer - 1) ad
"""
PUT_SPEND = {
    "hours": """
        INSERT INTO ad_hours (advertiser_id, day, begins_at, ad_id, campaign_id, adgroup_id, spend, impressions, clicks)
        SELECT 'load', $4::date + hour / 24, $1::timestamptz + hour * interval '1 hour',
            'a' || ad, 'c' || ad / 20, 'g' || ad / 5, 0.42, 90, 9
        FROM generate_series(0, $2::integer * 24 - 1) hour CROSS JOIN generate_series(0, $3::integer - 1) ad
        """,
    "days": """
        INSERT INTO ad_days (advertiser_id, day, ad_id, campaign_id, adgroup_id, spend, impressions, clicks)
        SELECT advertiser_id, day, ad_id, campaign_id, adgroup_id, sum(spend), sum(impressions), sum(clicks)
        FROM ad_hours WHERE advertiser_id = 'load' GROUP BY 1, 2, 3, 4, 5
        """,
    "countries": """
        INSERT INTO ad_country_days (advertiser_id, day, ad_id, country, campaign_id, adgroup_id, spend, impressions)
        SELECT advertiser_id, day, ad_id, country, campaign_id, adgroup_id, spend / 6, impressions / 6
        FROM ad_days CROSS JOIN unnest(ARRAY['US', 'DE', 'FR', 'MX', 'JP']) AS country WHERE advertiser_id = 'load'
        """,
}
LEFT_TO_ADD = """
SELECT EXISTS (SELECT FROM report_deltas WHERE app_id = $1)
    OR EXISTS (SELECT FROM report_zones WHERE app_id = $1 AND rules = '')
"""
TABLES = """
SELECT c.relname AS name, c.reltuples::bigint AS rows, pg_total_relation_size(c.oid) AS bytes
FROM pg_class c WHERE c.relname LIKE 'report\\_%' AND c.relkind = 'r' ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Question:
    """One report."""

    by: str
    days: int


QUESTIONS = (
    Question("campaign", DAYS),
    Question("day", DAYS),
    Question("day,campaign", DAYS),
    Question("ad", DAYS),
    Question("country", DAYS),
    Question("platform", DAYS),
    Question("hour", WEEK),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One question at one size."""

    question: Question
    events: int
    p50_ms: float
    p95_ms: float


class ReportBench:
    """A running product whose demo app is filled by SQL."""

    def __init__(self, product: Product, connection: asyncpg.Connection) -> None:
        self._product, self._connection = product, connection
        made = product.command("app", "create", "Load")  # the demo's app has four weeks behind it
        self.app, self._key = made["app_id"], made["api_key"]
        self._slug = product.command("link", "create", "--app", self.app, "--slug", "load")["slug"]
        self._url = f"http://127.0.0.1:{product.contestant('forwarder', '/').port}/v1/reports"
        self._last = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self._first = self._last - timedelta(days=DAYS)
        self._events = 0

    async def fill(self) -> None:
        """All but the events."""
        put = self._connection.execute
        await put(PUT_VISITS, self._first, self._slug, CLICKS, DAYS, ADS)
        await put(PUT_INSTALLS, self.app, self._slug, self._first, INSTALLS, ADS, DAYS)
        await put(PUT_ADVERTISER, self.app)
        await put(PUT_ADS, self._slug, ADS)
        await put(PUT_SPEND["hours"], self._first, DAYS, ADS, self._first.date())
        await put(PUT_SPEND["days"])
        await put(PUT_SPEND["countries"])

    async def build(self, events: int) -> float:
        """Put events up to this number, and have the worker count anew; its seconds."""
        await self._connection.execute(PUT_EVENTS, self.app, self._events, events, INSTALLS, self._last)
        self._events = events
        await self._connection.execute("VACUUM ANALYZE")
        begun = time.monotonic()
        self._product.command("report", "--recount", "--app", self.app)
        while await self._connection.fetchval(LEFT_TO_ADD, self.app):
            if time.monotonic() - begun > BUILD_LIMIT_S:
                raise TimeoutError("the worker has not added up within an hour")
            await asyncio.sleep(0.5)
        seconds = time.monotonic() - begun
        await self._connection.execute("VACUUM ANALYZE")
        return seconds

    def measure(self, question: Question, times: int = TIMES) -> Measured:
        """After one time that is not counted."""
        self.ask(question)
        taken = []
        for _ in range(times):
            begun = time.monotonic()
            self.ask(question)
            taken.append((time.monotonic() - begun) * 1000)
        taken.sort()
        return Measured(question, self._events, nearest_rank(taken, 0.5), nearest_rank(taken, 0.95))

    def ask(self, question: Question) -> Any:
        period = f"from={self._day(question.days)}&to={self._day(1)}"
        headers = {"Authorization": f"Bearer {self._key}"}
        request = urllib.request.Request(f"{self._url}?by={question.by}&{period}", headers=headers)  # noqa: S310
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own address
            return json.load(answer)

    def _day(self, ago: int) -> date:
        return (self._last - timedelta(days=ago)).date()

    async def measure_raw(self, question: Question) -> tuple[Measured, bool]:
        """The same from the raw rows by the command, without the time a command needs to start; and whether it says
        the same.
        """
        rolled_up = self.ask(question)
        self._product.halt(self._product.pid("worker"))
        await self._connection.execute("UPDATE report_zones SET rules = 'none of ours'")
        period = ("--from", str(self._day(question.days)), "--to", str(self._day(1)))
        told: Any = {}
        taken = []
        nothing = min(self._timed("report", "--app", "nobody", *period)[1] for _ in range(3))
        for _ in range(RAW_TIMES):
            told, seconds = self._timed("report", "--app", self.app, "--by", question.by, *period)
            taken.append((seconds - nothing) * 1000)
        taken.sort()
        self._product.resume(self._product.pid("worker"))
        same = {key: told[key] for key in ("rows", "totals")} == {key: rolled_up[key] for key in ("rows", "totals")}
        return Measured(question, self._events, nearest_rank(taken, 0.5), nearest_rank(taken, 0.95)), same

    def _timed(self, *command: str) -> tuple[Any, float]:
        begun = time.monotonic()
        try:
            told = self._product.command(*command)
        except ContestantError:
            told = {}
        return told, time.monotonic() - begun


@dataclass(slots=True)
class Found:
    """What a run found."""

    measured: list[Measured]
    raw: Measured
    same: bool
    build_s: dict[int, float]
    tables: list[tuple[str, int, int]]


async def run(events: int) -> Found:
    """A tenth of the events first."""
    with tempfile.TemporaryDirectory(prefix="sp-") as directory, Product(Path(directory)) as product:
        connection = await asyncpg.connect(product.database_url, command_timeout=3_600)
        try:
            bench = ReportBench(product, connection)
            await bench.fill()
            measured, build_s = [], {}
            for size in (events // 10, events):
                build_s[size] = await bench.build(size)
                measured += [bench.measure(question) for question in QUESTIONS]
            tables = [tuple(row) for row in await connection.fetch(TABLES)]
            raw, same = await bench.measure_raw(QUESTIONS[0])
            return Found(measured, raw, same, build_s, tables)
        finally:
            await connection.close()


def report(found: Found, machine: Machine) -> str:
    """The table as Markdown."""
    few, many = sorted(found.build_s)
    of = {(m.question, m.events): m for m in found.measured}
    rows = "\n".join(_row(question, of[question, few], of[question, many]) for question in QUESTIONS)
    tables = "\n".join(f"| {name} | {count:,} | {size / 2**20:,.0f} |" for name, count, size in found.tables)
    main = of[QUESTIONS[0], many]
    growth = main.p95_ms / of[QUESTIONS[0], few].p95_ms
    return f"""# Reports over {DAYS} days

{machine.at} UTC, commit {machine.commit}, {machine.cores} x {machine.processor}, {machine.system},
Python {machine.python}; load average {machine.load_before:.2f} before anything was started.
{CLICKS:,} link clicks, {INSTALLS:,} installs, {ADS} ads with spend by hour, {few:,} and {many:,} events;
asked over HTTP, {TIMES} times each when warm. Made by `python -m loadtests.roll_ups`.

| by | days | p50 ms, {few:,} events | p95 ms | p50 ms, {many:,} events | p95 ms | growth of p50 |
|:---|---:|---:|---:|---:|---:|---:|
{rows}

By campaign from the raw rows: p50 {found.raw.p50_ms:,.0f} ms, {found.raw.p50_ms / main.p50_ms:.0f} times as long (the
aim: {AIM_RATIO}); it says {"the same to the cent" if found.same else "SOMETHING ELSE"}. With roll-ups: p95
{main.p95_ms:.0f} ms (the aim: {AIM_MS}), {growth:.2f} times that with a tenth of the events (the aim: at most
{AIM_GROWTH:.0f}).

Building all roll-ups anew took the worker {found.build_s[few]:.0f} s and {found.build_s[many]:.0f} s.

| table | rows | MiB |
|:---|---:|---:|
{tables}
"""


def _row(question: Question, few: Measured, many: Measured) -> str:
    figures = (few.p50_ms, few.p95_ms, many.p50_ms, many.p95_ms)
    shown = " | ".join(f"{figure:,.0f}" for figure in figures)
    return f"| {question.by} | {question.days} | {shown} | {many.p50_ms / few.p50_ms:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, help="of the larger size (%(default)s)")
    options = parser.parse_args()
    machine = describe_machine(choose_cores())
    text = report(asyncio.run(run(options.events)), machine)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
