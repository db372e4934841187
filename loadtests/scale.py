"""Does a redirect cost more with many links, or with many clicks stored? `python -m loadtests.scale [--clicks 5000000]`

A real `signalpost up --demo` is loaded at 32 connections with 1, 1,000 and 50,000 links, and again with millions of
clicks put into its Redis beforehand. Writes `results/scale.md`.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from loadtests.cores import Cores, choose_cores, pin
from loadtests.generator import CLICKS, Order
from loadtests.machine import Machine, describe_machine
from loadtests.product import Product
from loadtests.rounds import run_round
from loadtests.stored_clicks import read_stored_clicks

RESULT = Path(__file__).parent / "results" / "scale.md"
LINKS = (1, 1_000, 50_000)
ROUNDS = 3
SECONDS = 4.0
RECORD_BYTES = 275  # of a click in the benchmark's mix
CLICKS_PER_ADDRESS = 1.3
PIPELINED = 20_000
LINKS_LIMIT_S = 60.0
PUT_LINKS = """
INSERT INTO links (slug, app_id, ios_url)
SELECT 'scale' || n, $1, 'https://apps.apple.com/app/id' || n FROM generate_series(1, $2::integer) n
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians over the rounds of one size."""

    links: int
    clicks: int  # stored before the first round
    rate: float
    p99_ms: float
    cpu_us: float


class ScaleBench:
    """One running product that grows between its rounds."""

    def __init__(self, product: Product, cores: Cores) -> None:
        self._product, self._cores = product, cores
        self._redirector = product.contestant("redirector", f"/{product.demo['slug']}")
        self._next_click = 0
        if cores.pinned:
            pin(self._redirector.pid, cores.server)

    async def grow_links(self, links: int) -> None:
        connection = await asyncpg.connect(self._product.database_url)
        await connection.execute(PUT_LINKS, self._product.demo["app_id"], links - 1)
        await connection.close()
        self._product.command("link", "set", self._product.demo["slug"], "utm=add")  # publishes the whole table
        deadline = time.monotonic() + LINKS_LIMIT_S
        while self._links_served() < links:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the redirector serves {self._links_served()} links, not {links}")
            await asyncio.sleep(0.2)

    def _links_served(self) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._redirector.port}/readyz") as answer:
            return int(json.load(answer)["links"])

    def store_clicks(self, clicks: int) -> None:
        """Members of the size of click records under as many keys as real ones would have."""
        rng, noise = random.Random(5), os.urandom(1 << 20)
        now_ms = int(time.time() * 1000)
        with socket.socket(socket.AF_UNIX) as redis:
            redis.connect(self._product.redis_url.removeprefix("unix://").partition("?")[0])
            answers = redis.makefile("rb")
            for first in range(0, clicks, PIPELINED):
                commands = []
                for number in range(first, min(first + PIPELINED, clicks)):
                    key = b"c:" + int(number / CLICKS_PER_ADDRESS).to_bytes(6)
                    start = rng.getrandbits(19)
                    member = number.to_bytes(8) + noise[start : start + RECORD_BYTES - 8]
                    parts = (b"ZADD", key, b"%d" % (now_ms - number % 86_400_000), member)
                    commands.append(b"*4\r\n" + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts))
                redis.sendall(b"".join(commands))
                for _ in commands:
                    answers.readline()

    def measure(self, links: int) -> Measured:
        stored = read_stored_clicks(self._product.redis_url).clicks
        rounds = []
        for _ in range(ROUNDS):
            order = Order(
                port=self._redirector.port,
                kind=CLICKS,
                seconds=SECONDS,
                first=self._next_click,
                path=self._redirector.path,
            )
            rounds.append(run_round(self._redirector, order, self._cores))
            self._next_click += rounds[-1].result.sent
        return Measured(
            links,
            stored,
            statistics.median(each.result.rate for each in rounds),
            statistics.median(each.result.latency.p99 for each in rounds),
            statistics.median(each.cpu_us for each in rounds),
        )


async def run(clicks: int, cores: Cores) -> list[Measured]:
    """Each number of links with little stored, then with much."""
    with tempfile.TemporaryDirectory(prefix="sp-") as directory, Product(Path(directory)) as product:
        bench = ScaleBench(product, cores)
        measured = []
        for links in LINKS:
            await bench.grow_links(links)
            measured.append(bench.measure(links))
        bench.store_clicks(clicks)
        measured.append(bench.measure(LINKS[-1]))
        return measured


def report(measured: list[Measured], machine: Machine) -> str:
    """The table as Markdown."""
    rows = "\n".join(
        f"| {m.links:,} | {m.clicks:,} | {m.rate:,.0f} | {m.p99_ms:.2f} | {m.cpu_us:.1f} |" for m in measured
    )
    return f"""# Redirects as links and clicks grow

{machine.at} UTC, commit {machine.commit}, {machine.cores} x {machine.processor}, {machine.system},
Python {machine.python}; {machine.pinning}; load average {machine.load_before:.2f} before anything was started.
Medians of {ROUNDS} rounds of {SECONDS:.0f} s at 32 connections, every click acknowledged by Redis.

| links | clicks stored before | redirects per s | p99 ms | CPU us each |
| ----: | -------------------: | --------------: | -----: | ----------: |
{rows}

`python -m loadtests.scale` repeats it.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--clicks", type=int, default=5_000_000, help="clicks stored for the last row")
    arguments = parser.parse_args()
    cores = choose_cores()
    machine = describe_machine(cores)
    text = report(asyncio.run(run(arguments.clicks, cores)), machine)
    RESULT.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
