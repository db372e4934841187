"""The redirect benchmark: the redirector beside nginx and bare uvicorn, and what its clicks take in Redis."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from loadtests.contestants import Contestant
from loadtests.cores import Cores, pin
from loadtests.generator import CLICKS, CLICKS_EVERY_MACRO, CONNECTIONS, Order
from loadtests.product import Product
from loadtests.rounds import Length, Round, Summary, run_round, summary_of
from loadtests.stored_clicks import StoredClicks, read_stored_clicks

OPEN_LOOP_CONNECTIONS = 128  # enough that a request that is due never waits for a connection
COUNT_WAIT_S = 30.0  # for clicks in the spool, and for counts, which reach the ledger every few seconds


@dataclass(frozen=True, slots=True)
class ClickCheck:
    """302s handed out against clicks found afterwards."""

    redirects: int
    unanswered: int  # sent, but no answer came: may or may not be stored
    stored: int  # members of the click keys in Redis
    reported: int  # link clicks of `signalpost report`

    @property
    def ok(self) -> bool:
        stored_all = self.redirects <= self.stored <= self.redirects + self.unanswered
        return stored_all and self.reported == self.stored and self.redirects > 0


@dataclass(frozen=True, slots=True)
class Redirecting:
    """What the redirect benchmark found. Bytes are of Redis memory, per click."""

    closed: dict[str, Summary]  # contestant -> its medians at 32 connections
    every_macro: Summary  # the redirector, with all ten macros filled in
    offered: float  # requests per second of the open loop
    open_loop: Summary
    service_p99_ms: float  # open loop, from the sending
    send_delay_p99_ms: float  # how late the generator itself was
    bytes_per_click: float
    bytes_every_macro: float
    clicks_per_address: float
    check: ClickCheck


class RedirectBench:
    """Loads the contestants in turn and keeps count of every 302 of the redirector."""

    def __init__(self, product: Product, cores: Cores, length: Length) -> None:
        self._product, self._cores, self._length = product, cores, length
        self._redirector = product.contestant("redirector", f"/{product.demo['slug']}")
        self._next_click = 0
        self._statuses: Counter[str] = Counter()
        self._unanswered = 0
        self._app = product.demo["app_id"]

    def run(self, others: Sequence[Contestant]) -> Redirecting:
        contestants = [*others, self._redirector]
        if self._cores.pinned:
            for contestant in contestants:
                pin(contestant.pid, self._cores.server)
        empty = self.stored()
        closed = self._closed(contestants)
        offered = closed[self._redirector.name].rate / 2
        open_rounds = [self._load(self._redirector, CLICKS, offered) for _ in range(self._length.rounds)]
        plain = self.stored()
        every_macro = self._load(self._redirector, CLICKS_EVERY_MACRO)
        full = self.stored()
        return Redirecting(
            closed=closed,
            every_macro=summary_of([every_macro]),
            offered=offered,
            open_loop=summary_of(open_rounds),
            service_p99_ms=median(each.result.service_p99_ms for each in open_rounds),
            send_delay_p99_ms=median(each.result.send_delay_p99_ms for each in open_rounds),
            bytes_per_click=bytes_each(empty, plain),
            bytes_every_macro=bytes_each(plain, full),
            clicks_per_address=plain.clicks / max(1, plain.addresses),
            check=self.check(full),
        )

    def place(self) -> None:
        """Give the redirector its core."""
        if self._cores.pinned:
            pin(self._redirector.pid, self._cores.server)

    def load(self, kind: str) -> Round:
        """A round of clicks, as fast as the redirector answers."""
        return self._load(self._redirector, kind)

    def _closed(self, contestants: Sequence[Contestant]) -> dict[str, Summary]:
        rounds: dict[str, list[Round]] = {contestant.name: [] for contestant in contestants}
        for _ in range(self._length.rounds):  # in turn, so that a noisy minute hits all of them
            for contestant in contestants:
                rounds[contestant.name].append(self._load(contestant, CLICKS))
        return {name: summary_of(each) for name, each in rounds.items()}

    def _load(self, contestant: Contestant, kind: str, rate: float = 0.0) -> Round:
        order = Order(
            port=contestant.port,
            kind=kind,
            seconds=self._length.seconds,
            warm_s=self._length.warm_s,
            rate=rate,
            first=self._next_click,
            path=contestant.path,
            connections=OPEN_LOOP_CONNECTIONS if rate else CONNECTIONS,
        )
        done = run_round(contestant, order, self._cores)
        if contestant is self._redirector:
            self._next_click += done.result.sent
            self._statuses.update(done.result.statuses)
            self._unanswered += done.result.sent - done.result.answered
        return done

    def stored(self) -> StoredClicks:
        return read_stored_clicks(self._product.redis_url)

    def check(self, stored: StoredClicks) -> ClickCheck:
        """Whether every click is there, once; waits for those that are on their way."""
        redirects = self._statuses["302"]
        deadline = time.monotonic() + COUNT_WAIT_S
        while stored.clicks < redirects and time.monotonic() < deadline:  # what Redis did not take in time is spooled
            time.sleep(0.5)
            stored = self.stored()
        while (reported := self._reported()) < stored.clicks and time.monotonic() < deadline:
            time.sleep(0.5)
        return ClickCheck(redirects, self._unanswered, stored.clicks, reported)

    def _reported(self) -> int:
        return int(self._product.command("report", "--app", self._app)["totals"]["link_clicks"])


def bytes_each(before: StoredClicks, after: StoredClicks) -> float:
    """Redis memory per click between two readings."""
    return (after.used_memory - before.used_memory) / max(1, after.clicks - before.clicks)
