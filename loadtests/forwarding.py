"""The forwarder's and the worker's part of the benchmark: how much one core of each takes in and sends on."""

import asyncio
import random
import time
from dataclasses import dataclass

import asyncpg

from loadtests.contestants import ContestantError
from loadtests.cores import Cores, cpu_seconds, pin
from loadtests.generator import CONNECTIONS, EVENTS, INSTALLS, Order
from loadtests.product import Product
from loadtests.rounds import Length, Round, Summary, run_round, summary_of

EVENTS_PER_LIST = 100
LIST_CONNECTIONS = 8
OPEN_LOOP_CONNECTIONS = 128  # enough that a request that is due seldom waits for a connection
ROUNDS = 2
DRAIN_LIMIT_S = 40.0
POLL_S = 0.05

DELIVERIES = """
SELECT count(*) FILTER (WHERE state = 'delivered') AS delivered,
       count(*) FILTER (WHERE state IN ('due', 'sending')) AS pending
FROM deliveries
"""
SENDS = (
    "SELECT last_value FROM attempts_attempt_id_seq"  # one a delivery; to count rows takes the engine's core for itself
)


@dataclass(frozen=True, slots=True)
class Drained:
    """A backlog sent to the sandbox by one worker."""

    delivered: int
    seconds: float
    cpu_us: float  # of the worker, per delivery
    left: int  # of the backlog when the time was up

    @property
    def rate(self) -> float:
        return self.delivered / self.seconds


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Answers per second, each given after its rows are committed; `lists` counts requests.

    `installs_at_half` and `events_at_half`: in an open loop, at half of what `installs` and `events` reached.
    """

    installs: Summary
    installs_at_half: Summary
    events: Summary
    events_at_half: Summary
    lists: Summary
    lists_per_request: int
    drained: Drained


class ForwardBench:
    """The worker stands still while the forwarder is loaded, so that what piles up is the worker's backlog.

    `begin`, then `load` and `load_lists` as often as wanted, then `drain`; `run` is all of it.
    """

    def __init__(self, product: Product, cores: Cores, length: Length) -> None:
        self._product, self._cores, self._length = product, cores, length
        self._forwarder = product.contestant("forwarder", "/")
        self._worker = product.pid("worker")
        self._run = random.getrandbits(32)
        self._next = {INSTALLS: 0, EVENTS: 0}
        self._next_list = 0

    def run(self) -> Forwarding:
        self.begin()
        installs = self._both_ways(INSTALLS)
        events = self._both_ways(EVENTS)
        lists = summary_of([self.load_lists() for _ in range(ROUNDS)])
        return Forwarding(*installs, *events, lists, EVENTS_PER_LIST, self.drain())

    def _both_ways(self, kind: str) -> tuple[Summary, Summary]:
        closed = summary_of([self.load(kind) for _ in range(ROUNDS)])
        return closed, summary_of([self.load(kind, closed.rate / 2) for _ in range(ROUNDS)])

    def begin(self) -> None:
        self._product.halt(self._worker)
        self._place(self._forwarder.pid, self._cores.server)

    def drain(self) -> Drained:
        """Have the worker deliver a backlog, and stand still again."""
        self._place(self._forwarder.pid, self._cores.rest)
        drained = asyncio.run(self._drain(self._worker))
        self._product.halt(self._worker)
        return drained

    def _place(self, pid: int, core: int) -> None:
        if self._cores.pinned:
            pin(pid, core)

    def load(self, kind: str, rate: float = 0.0) -> Round:
        """A round of installs or events, one by one: so many a second, or as fast as they are answered."""
        order = Order(
            port=self._forwarder.port,
            kind=kind,
            seconds=self._length.forwarder_s,
            warm_s=self._length.warm_s,
            rate=rate,
            connections=OPEN_LOOP_CONNECTIONS if rate else CONNECTIONS,
            first=self._next[kind],
            api_key=self._product.demo["api_key"],
            run=self._run,
            installs=self._next[INSTALLS],
        )
        done = self._accepted(order)
        self._next[kind] += done.result.sent
        return done

    def load_lists(self, seconds: float | None = None) -> Round:
        """A round of events in lists; its rate counts the lists."""
        order = Order(
            port=self._forwarder.port,
            kind=EVENTS,
            seconds=seconds or self._length.forwarder_s,
            warm_s=self._length.warm_s,
            connections=LIST_CONNECTIONS,
            first=self._next_list,
            api_key=self._product.demo["api_key"],
            run=self._run,
            installs=self._next[INSTALLS],
            per_request=EVENTS_PER_LIST,
        )
        done = self._accepted(order)
        self._next_list += done.result.sent
        return done

    def _accepted(self, order: Order) -> Round:
        done = run_round(self._forwarder, order, self._cores)
        refused = {status: count for status, count in done.result.statuses.items() if status not in {"200", "202"}}
        if refused:
            raise ContestantError(f"the forwarder refused {order.kind}: {refused}")
        return done

    async def _drain(self, worker: int) -> Drained:
        connection = await asyncpg.connect(self._product.database_url)
        try:
            before = await connection.fetchrow(DELIVERIES)
            while before["pending"] < self._length.backlog:
                await asyncio.to_thread(self.load_lists, 1.0)
                before = await connection.fetchrow(DELIVERIES)
            self._place(worker, self._cores.server)
            goal = await connection.fetchval(SENDS) + self._length.backlog
            used, begun = cpu_seconds(worker), time.monotonic()
            self._product.resume(worker)
            sends = 0
            while sends < goal and time.monotonic() - begun < DRAIN_LIMIT_S:
                await asyncio.sleep(POLL_S)
                sends = await connection.fetchval(SENDS)
            seconds, used = time.monotonic() - begun, cpu_seconds(worker) - used
            self._product.halt(worker)
            now = await connection.fetchrow(DELIVERIES)
            delivered = now["delivered"] - before["delivered"]
            return Drained(delivered, seconds, used / max(1, delivered) * 1e6, max(0, self._length.backlog - delivered))
        finally:
            await connection.close()
