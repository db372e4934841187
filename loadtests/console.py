"""How long does a page of the console take, and does it grow with the data? `python -m loadtests.console`

A real `signalpost up --demo`, asked over HTTP as a browser asks: first about an app that has nothing, then, with
10 million link clicks, 300,000 installs, the events and 90 days of spend of 500 ads (those of `loadtests.roll_ups`),
about the app that has them. Writes `results/console.md`.
"""

import argparse
import asyncio
import contextlib
import http.cookiejar
import re
import tempfile
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
import psutil

from loadtests.cores import choose_cores
from loadtests.machine import Machine, describe_machine
from loadtests.percentiles import nearest_rank
from loadtests.product import Product
from loadtests.roll_ups import ADS, CLICKS, DAYS, EVENTS, INSTALLS, ReportBench

RESULT: Final = Path(__file__).parent / "results" / "console.md"
TIMES: Final = 40
AIM_MS, AIM_RATIO, AIM_BYTES = 200, 4.0, 40_000
PAGES: Final = {
    "overview": "/apps/{app}",
    "overview, today": "/apps/{app}?range=today",
    "campaigns": "/apps/{app}/campaigns",
    "ads": "/apps/{app}/campaigns?by=ad",
    "day, campaign": "/apps/{app}/campaigns?by=day,campaign",
    "quality": "/apps/{app}/quality",
    "all apps": "/",
}


@dataclass(frozen=True, slots=True)
class Timed:
    """One page, asked many times."""

    p50_ms: float
    p95_ms: float
    cpu_ms: float
    """Processor time of the console and PostgreSQL for one page: it does not grow with what else the machine does."""
    wire_bytes: int
    """Of the page alone, compressed."""


class Browser:
    """Somebody who is signed in."""

    def __init__(self, product: Product) -> None:
        self._console, self._postgres = psutil.Process(product.pid("console")), psutil.Process(product.postgres_pid)
        self._url = f"http://127.0.0.1:{product.contestant('console', '/').port}"
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar, urllib.request.ProxyHandler({}))
        made = product.command("user", "create", "load@example.com", "--role", "viewer")
        form = urllib.parse.urlencode({"email": "load@example.com", "password": made["password"]}).encode()
        with self._opener.open(f"{self._url}/login", form) as answer:
            if answer.url != f"{self._url}/":
                raise RuntimeError("the console did not take the login")

    def fetch(self, path: str) -> bytes:
        """As it comes over the wire."""
        request = urllib.request.Request(self._url + path, headers={"Accept-Encoding": "gzip"})  # noqa: S310
        with self._opener.open(request) as answer:
            return bytes(answer.read())

    def time(self, path: str) -> Timed:
        """After one time that is not counted."""
        body, taken, cpu_s = self.fetch(path), [], self._cpu_s()
        for _ in range(TIMES):
            begun = time.monotonic()
            self.fetch(path)
            taken.append((time.monotonic() - begun) * 1000)
        cpu_ms = (self._cpu_s() - cpu_s) * 1000 / TIMES
        taken.sort()
        return Timed(nearest_rank(taken, 0.5), nearest_rank(taken, 0.95), cpu_ms, len(body))

    def _cpu_s(self) -> float:
        """Of processes that live on: the console's, and PostgreSQL's with its connections."""
        total = 0.0
        for process in (self._console, self._postgres, *self._postgres.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return float(total)

    def static_bytes(self, product_page: str) -> int:
        """Of style and script, which the first page brings along."""
        request = urllib.request.Request(self._url + product_page)  # noqa: S310 - our own address
        with self._opener.open(request) as answer:
            html = answer.read().decode()
        return sum(len(self.fetch(path)) for path in set(re.findall(r'"(/static/[^"]+)"', html)))

    def all_pages(self, app: str) -> dict[str, Timed]:
        return {name: self.time(path.format(app=app)) for name, path in PAGES.items()}


@dataclass(slots=True)
class Found:
    """What a run found."""

    empty: dict[str, Timed]
    full: dict[str, Timed]
    static_bytes: int
    events: int


async def run(events: int) -> Found:
    """The empty app first, while there is nothing else but the demo."""
    with tempfile.TemporaryDirectory(prefix="sp-") as directory, Product(Path(directory)) as product:
        connection = await asyncpg.connect(product.database_url, command_timeout=3_600)
        try:
            browser = Browser(product)
            empty = browser.all_pages(product.command("app", "create", "Empty")["app_id"])
            bench = ReportBench(product, connection)
            await bench.fill()
            await bench.build(events)
            full, static = browser.all_pages(bench.app), browser.static_bytes(f"/apps/{bench.app}")
            return Found(empty, full, static, events)
        finally:
            await connection.close()


def report(found: Found, machine: Machine) -> str:
    """The table as Markdown."""
    rows = "\n".join(_row(name, found.empty[name], full) for name, full in found.full.items())
    slowest = max(full.p95_ms for full in found.full.values())
    first = found.full["overview"].wire_bytes + found.static_bytes
    return f"""# Pages of the console

{machine.at} UTC, commit {machine.commit}, {machine.cores} x {machine.processor}, {machine.system},
Python {machine.python}; load average {machine.load_before:.2f} before anything was started.
{CLICKS:,} link clicks, {INSTALLS:,} installs, {found.events:,} events, {DAYS} days of spend of {ADS} ads; each page
asked {TIMES} times over HTTP, one at a time, when warm; 28 days where no others are named. Made by
`python -m loadtests.console`.

| page | p50 ms, empty app | p95 ms | CPU ms | p50 ms, full | p95 ms | CPU ms | ratio of p50 | bytes over the wire |
|:---|---:|---:|---:|---:|---:|---:|---:|---:|
{rows}

CPU: processor time of the console and PostgreSQL for one page, on both cores together.

The slowest p95 is {slowest:,.0f} ms (the aim: under {AIM_MS}). The first page, with style, script and icon, is
{first:,} bytes over the wire (the aim: under {AIM_BYTES:,}). The aim for the ratio is {AIM_RATIO:.0f}.
"""


def _row(name: str, empty: Timed, full: Timed) -> str:
    both = (figure for one in (empty, full) for figure in (one.p50_ms, one.p95_ms, one.cpu_ms))
    figures = " | ".join(f"{figure:,.0f}" for figure in both)
    return f"| {name} | {figures} | {full.p50_ms / empty.p50_ms:.1f} | {full.wire_bytes:,} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, help="how many events (%(default)s)")
    options = parser.parse_args()
    machine = describe_machine(choose_cores())
    text = report(asyncio.run(run(options.events)), machine)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
