"""What one click, install, event and delivery cost each process and engine, and their disk; and what it takes to move
an old click. `python -m loadtests.costs`

A real `signalpost up --demo` is loaded with each in turn, at as much as it takes. CPU is that of each process and
engine by itself, disk what PostgreSQL's tables grow by. Writes `results/costs.json`, which `loadtests.sizing` reads.
"""

import asyncio
import json
import random
import tempfile
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import asyncpg
import psutil
import redis

from loadtests.cold_clicks import ColdBench
from loadtests.cores import choose_cores
from loadtests.generator import CLICKS, EVENTS, INSTALLS, Order
from loadtests.machine import describe_machine
from loadtests.product import Product
from loadtests.rounds import run_round
from loadtests.stored_clicks import read_stored_clicks

RESULT: Final = Path(__file__).parent / "results" / "costs.json"
SECONDS: Final = 6.0
DRAIN_LIMIT_S: Final = 120
SIZE: Final = """
SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
PENDING: Final = "SELECT count(*) FROM deliveries WHERE state IN ('due', 'sending')"
DELIVERED: Final = "SELECT count(*) FROM deliveries WHERE state = 'delivered'"


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one click, install, event or delivery, or of a click that moves from Redis to the ledger."""

    process_us: float
    """CPU of the redirector, forwarder or worker."""
    redis_us: float
    postgresql_us: float
    ledger_bytes: float
    """Disk of PostgreSQL, indexes included."""


class CostBench:
    """One running product."""

    def __init__(self, product: Product, ledger: asyncpg.Connection) -> None:
        self._product, self._ledger = product, ledger
        self._redis = psutil.Process(product.redis_pid)
        self._postgres = psutil.Process(product.postgres_pid)
        self._run = random.getrandbits(32)
        self._installs = 0

    async def clicks(self) -> tuple[Cost, float]:
        """And the bytes of Redis memory of one."""
        before = read_stored_clicks(self._product.redis_url)
        cost, clicks = await self._measure(self._product.pid("redirector"), self._load("redirector", CLICKS))
        after = read_stored_clicks(self._product.redis_url)
        return cost, (after.used_memory - before.used_memory) / clicks

    async def installs(self) -> Cost:
        cost, self._installs = await self._measure(self._product.pid("forwarder"), self._load("forwarder", INSTALLS))
        return cost

    async def events(self) -> Cost:
        return (await self._measure(self._product.pid("forwarder"), self._load("forwarder", EVENTS)))[0]

    async def deliveries(self, worker: int) -> Cost:
        """Of what piled up while the worker stood still."""
        self._product.resume(worker)
        return (await self._measure(worker, self._drained()))[0]

    async def old_clicks(self) -> Cost:
        """Of those stored, spread over four weeks first, by a worker that does nothing else."""
        with redis.Redis.from_url(self._product.redis_url, socket_timeout=60) as client:
            cold = ColdBench(self._product, client, self._ledger)
            cold.spread()
            with self._product.another("worker", WORKER_PORT="0") as worker:
                return (await self._measure(worker, self._moved(cold)))[0]

    async def _moved(self, cold: ColdBench) -> int:
        before = read_stored_clicks(self._product.redis_url).clicks
        await cold.moved()
        return before - read_stored_clicks(self._product.redis_url).clicks

    async def _drained(self) -> int:
        before = await self._ledger.fetchval(DELIVERED)
        for _ in range(DRAIN_LIMIT_S * 2):
            if not await self._ledger.fetchval(PENDING):
                break
            await asyncio.sleep(0.5)
        return int(await self._ledger.fetchval(DELIVERED)) - int(before)

    async def _load(self, process: str, kind: str) -> int:
        path = f"/{self._product.demo['slug']}" if kind == CLICKS else "/"
        contestant = self._product.contestant(process, path)
        order = Order(
            port=contestant.port, kind=kind, seconds=SECONDS, warm_s=0.0, path=path,
            api_key=self._product.demo["api_key"], run=self._run, installs=self._installs,
        )  # fmt: skip
        return (await asyncio.to_thread(run_round, contestant, order, choose_cores())).result.sent

    async def _measure(self, pid: int, work: Awaitable[int]) -> tuple[Cost, int]:
        served = psutil.Process(pid)
        size = float(await self._ledger.fetchval(SIZE))
        before = _cpu_s(served), _cpu_s(self._redis), _cpu_s(self._postgres)
        count = await work
        after = _cpu_s(served), _cpu_s(self._redis), _cpu_s(self._postgres)
        own, of_redis, postgres = (
            (late - early) / max(1, count) * 1e6 for early, late in zip(before, after, strict=True)
        )
        return Cost(own, of_redis, postgres, (float(await self._ledger.fetchval(SIZE)) - size) / max(1, count)), count


def _cpu_s(process: psutil.Process) -> float:
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        with_times = one.cpu_times()
        total += with_times.user + with_times.system
    return total


@contextmanager
def _running() -> Iterator[Product]:
    with tempfile.TemporaryDirectory(prefix="sp-") as directory, Product(Path(directory)) as product:
        yield product


async def run() -> dict[str, object]:
    """As `results/costs.json` has it."""
    with _running() as product:
        ledger = await asyncpg.connect(product.database_url)
        bench = CostBench(product, ledger)
        clicks, click_memory = await bench.clicks()
        worker = product.pid("worker")
        product.halt(worker)
        installs, events = await bench.installs(), await bench.events()
        deliveries = await bench.deliveries(worker)
        product.halt(worker)
        old_clicks = await bench.old_clicks()
        await ledger.close()
    costs = {"click": clicks, "install": installs, "event": events, "delivery": deliveries, "old_click": old_clicks}
    return {"click_memory_bytes": click_memory, **{name: asdict(cost) for name, cost in costs.items()}}


def main() -> None:
    machine = describe_machine(choose_cores())
    found = {
        "at": machine.at,
        "commit": machine.commit,
        "machine": f"{machine.cores} x {machine.processor}",
        "load_before": machine.load_before,
        **asyncio.run(run()),
    }
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    print(RESULT.read_text())


if __name__ == "__main__":
    main()
