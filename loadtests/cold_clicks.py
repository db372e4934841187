"""What do clicks take that are kept for 28 days, and how long does a look-up of an old one take? `python -m
loadtests.cold_clicks [--clicks 300000] [--cold 30000000]`

A real `signalpost up --demo` stores clicks as they come. They are then spread over 28 days by moving their times back,
and a worker moves what is old to the ledger. At last the ledger is filled up with copies of its pages, and installs
name clicks of both places. Writes `results/cold_clicks.md`.
"""

import argparse
import asyncio
import http.client
import json
import random
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import redis

from loadtests.contestants import ContestantError
from loadtests.cores import choose_cores
from loadtests.generator import CLICKS, Order
from loadtests.look_ups import time_look_ups
from loadtests.machine import Machine, describe_machine
from loadtests.percentiles import nearest_rank
from loadtests.product import Product
from loadtests.rounds import run_round
from loadtests.stored_clicks import CLICK_KEYS, read_stored_clicks

RESULT: Final = Path(__file__).parent / "results" / "cold_clicks.md"
DAYS: Final = 28
DAY_MS: Final = 86_400_000
WEEK_MS: Final = 7 * DAY_MS
HOT_MS: Final = 74 * 3_600_000  # CLICK_HOT_HOURS and two hours
LOAD_S: Final = 5.0
MOVED_WITHIN_S: Final = 900.0
INSTALLS: Final = 2_000
LOOK_UPS: Final = 10_000
COPIES: Final = """
INSERT INTO cold_click_pages (app_id, day, first_key, last_key, clicks, page)
SELECT app_id, day, key, key, clicks, page
FROM cold_click_pages, generate_series(1, $1::integer) n, LATERAL (SELECT last_key || int4send(n) AS key) AS copied
"""
SIZES: Final = """
SELECT (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'cold_click_pages'::regclass)
    AS pages_bytes, (SELECT sum(clicks) FROM cold_click_pages) AS paged, (SELECT count(*) FROM cold_clicks) AS rows,
    pg_total_relation_size('cold_clicks') AS rows_bytes
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was seen."""

    clicks: int
    before: float  # bytes of Redis memory per click, all of them there
    after: float
    hot: int
    moved_s: float
    page_bytes: float  # of disk, per click in a page
    row_bytes: float  # of disk, per click that waits for its page
    looked_up: dict[str, tuple[float, float]]  # (p50, p99) in ms of a click read by its id
    latencies: dict[str, tuple[float, float]]  # the same of an install that names a click


class ColdBench:
    def __init__(self, product: Product, machine_redis: redis.Redis, ledger: asyncpg.Connection) -> None:
        self._product, self._redis, self._ledger = product, machine_redis, ledger
        self._rng = random.Random(7)
        self._app_id = product.demo["app_id"]

    def store(self, clicks: int) -> None:
        redirector = self._product.contestant("redirector", f"/{self._product.demo['slug']}")
        cores, sent = choose_cores(), 0
        while sent < clicks:
            order = Order(port=redirector.port, kind=CLICKS, seconds=LOAD_S, first=sent, path=redirector.path)
            sent += run_round(redirector, order, cores).result.sent

    def spread(self) -> None:
        """Move times back, evenly over 28 days; the texts of a week are those of the weeks before, too."""
        now_ms = int(time.time() * 1000)
        week = now_ms // WEEK_MS
        for back in range(1, DAYS // 7 + 1):
            self._redis.copy(f"{{counts}}:texts:{week}", f"{{counts}}:texts:{week - back}", replace=True)
        keys = list(self._redis.scan_iter(CLICK_KEYS, count=5_000))
        for start in range(0, len(keys), 2_000):
            some = keys[start : start + 2_000]
            with self._redis.pipeline(transaction=False) as pipe:
                for key in some:
                    pipe.zrange(key, 0, -1)
                members = pipe.execute()
                for key, records in zip(some, members, strict=True):
                    pipe.zadd(key, {record: now_ms - self._rng.randrange(DAYS * DAY_MS) for record in records})
                pipe.execute()

    async def move(self) -> float:
        """Seconds that another worker takes; it begins with a walk."""
        begun = time.monotonic()
        with self._product.another("worker", WORKER_PORT="0"):
            await self.moved()
            return time.monotonic() - begun

    async def moved(self) -> None:
        """Return once a worker that was just started has moved and packed what is old."""
        begun = time.monotonic()
        while time.monotonic() - begun < MOVED_WITHIN_S:
            await asyncio.sleep(1.0)
            if not await self._left():
                return
        raise ContestantError("old clicks did not move within a quarter of an hour")

    async def _left(self) -> bool:
        """Whether old clicks lie in Redis, or days that are over outside pages."""
        if self._redis.exists("{counts}:walkers"):
            return True
        unpacked = "SELECT count(*) FROM cold_clicks WHERE day < (now() - interval '98 hours')::date"
        return bool(await self._ledger.fetchval(unpacked)) or not await self._ledger.fetchval(
            "SELECT count(*) FROM cold_click_pages"
        )

    async def fill(self, clicks: int) -> int:
        """Copies of pages between the pages, until the ledger holds so many; how many it holds."""
        paged = await self._ledger.fetchval("SELECT sum(clicks) FROM cold_click_pages")
        if clicks > paged:
            await self._ledger.execute(COPIES, round(clicks / paged) - 1, timeout=3_000)
        await self._ledger.execute("ANALYZE cold_click_pages", timeout=600)
        return int(await self._ledger.fetchval("SELECT sum(clicks) FROM cold_click_pages"))

    def ids(self, *, cold: bool) -> list[str]:
        """Ids of iPhones' clicks in one of the places, as an export gives them."""
        until = time.time() - (HOT_MS + 30 * 3_600_000) / 1000 if cold else time.time()
        since = time.time() - DAYS * 86_400 if cold else time.time() - HOT_MS / 1000
        lines = self._product.lines("export", "clicks", "--since", _iso(since), "--until", _iso(until))
        clicks = [json.loads(line) for line in lines]
        return [click["click_id"] for click in clicks if "iPhone" in click["user_agent"]]

    def look_up(self, ids: list[str]) -> tuple[float, float]:
        """p50 and p99 in ms of reading these clicks."""
        return time_look_ups(self._product, self._rng.sample(ids, min(LOOK_UPS, len(ids))))

    def install(self, ids: list[str]) -> tuple[float, float]:
        """p50 and p99 in ms of installs that name these clicks, one at a time."""
        forwarder = self._product.contestant("forwarder", "/")
        connection = http.client.HTTPConnection("127.0.0.1", forwarder.port)
        headers = {"Authorization": f"Bearer {self._product.demo['api_key']}", "Content-Type": "application/json"}
        taken: list[float] = []
        for click_id in self._rng.sample(ids, min(INSTALLS, len(ids))):
            body = json.dumps({"install_id": secrets.token_hex(8), "platform": "ios", "click_id": click_id})
            begun = time.perf_counter()
            connection.request("POST", "/v1/installs", body, headers)
            answer = connection.getresponse()
            told: dict[str, Any] = json.loads(answer.read())
            taken.append((time.perf_counter() - begun) * 1000)
            if answer.status != 200 or told["match"]["click_id"] != click_id:
                raise ContestantError(f"an install that names a click was answered {told}")
        taken.sort()
        return nearest_rank(taken, 0.5), nearest_rank(taken, 0.99)


def _iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


@contextmanager
def running() -> Iterator[tuple[Product, redis.Redis]]:
    with (
        tempfile.TemporaryDirectory(prefix="sp-") as directory,
        Product(Path(directory)) as product,
        redis.Redis.from_url(product.redis_url, socket_timeout=60) as client,
    ):
        yield product, client


async def run(clicks: int, cold: int) -> Measured:
    with running() as (product, client):
        ledger = await asyncpg.connect(product.database_url)
        bench = ColdBench(product, client, ledger)
        empty = read_stored_clicks(product.redis_url)
        bench.store(clicks)
        bench.spread()
        full = read_stored_clicks(product.redis_url)
        moved_s = await bench.move()
        left = read_stored_clicks(product.redis_url)
        await ledger.execute("VACUUM FULL cold_clicks")
        sizes = await ledger.fetchrow(SIZES)
        stored = full.clicks - empty.clicks
        hot, old = bench.ids(cold=False), bench.ids(cold=True)
        places = [("a click in Redis", hot), (f"one of {sizes['paged']:,} in the ledger", old)]
        looked_up = {name: bench.look_up(ids) for name, ids in places}
        latencies = {name: bench.install(ids) for name, ids in places}
        filled = f"one of {await bench.fill(cold):,} in the ledger"
        looked_up[filled], latencies[filled] = bench.look_up(old), bench.install(old)
        await ledger.close()
        return Measured(
            clicks=stored,
            before=(full.used_memory - empty.used_memory) / stored,
            after=(left.used_memory - empty.used_memory) / stored,
            hot=left.clicks,
            moved_s=moved_s,
            page_bytes=sizes["pages_bytes"] / sizes["paged"],
            row_bytes=sizes["rows_bytes"] / max(1, sizes["rows"]),
            looked_up=looked_up,
            latencies=latencies,
        )


def report(measured: Measured, machine: Machine) -> str:
    return f"""# Clicks that have left Redis

{machine.at} UTC, commit {machine.commit}, {machine.cores} x {machine.processor}, {machine.system},
Python {machine.python}; load average {machine.load_before:.2f} before anything was started.
{measured.clicks:,} clicks of the benchmark's mix, spread evenly over 28 days; CLICK_HOT_HOURS = 72, and two hours more.
Made by `python -m loadtests.cold_clicks`.

| bytes per click | |
|:---|---:|
| Redis memory, all 28 days there | {measured.before:.0f} |
| Redis memory, old ones moved | {measured.after:.0f} |
| ratio (the aim: 0.15) | {measured.after / measured.before:.3f} |
| disk, in a page with index and TOAST (the aim: 330) | {measured.page_bytes:.0f} |
| disk, the day or two before that, a row and its index | {measured.row_bytes:.0f} |

One worker, which rests three quarters of the time, moved and packed {measured.clicks - measured.hot:,} clicks in
{measured.moved_s:.0f} s.

A click read by its id (the aim: p99 <= 5 ms with 30 million in the ledger), one at a time:

| the click | p50 ms | p99 ms |
|:---|---:|---:|
{_rows(measured.looked_up)}

An install that names a click (whole answer, committed), one at a time:

| the click | p50 ms | p99 ms |
|:---|---:|---:|
{_rows(measured.latencies)}
"""


def _rows(latencies: dict[str, tuple[float, float]]) -> str:
    return "\n".join(f"| {name} | {p50:.2f} | {p99:.2f} |" for name, (p50, p99) in latencies.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=300_000)
    parser.add_argument("--cold", type=int, default=30_000_000)
    arguments = parser.parse_args()
    machine = describe_machine(choose_cores())
    text = report(asyncio.run(run(arguments.clicks, arguments.cold)), machine)
    RESULT.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
