"""The group commit: one batch in flight, what arrives meanwhile goes in the next, all of a batch are answered together.

A visit is answered when Redis has acknowledged its batch, or, when Redis is late, refuses or is away, when the batch is
in the spool. Either way within the budget.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

import structlog

from clicks.batch import Batch, Row
from config.news import News
from redirector.breaker import Breaker
from redirector.counters import Counters
from redirector.spool import Spool
from redirector.writer import NEVER_SENT, Writer

DROPPING_S = 10.0
MAX_BATCH = 512  # visits; bounds the time one script holds Redis

log = structlog.get_logger()


class Waiter(Protocol):
    """Whoever waits for a visit to be recorded."""

    def release(self) -> None:
        """The visit is recorded, or as safe as it can be made: answer it."""


_Taken = tuple[list[Row], dict[str, int], list[Waiter], float]  # rows, counts, waiters, loop time of the oldest visit


class Applies(Protocol):
    """Where batches go: `clicks.committer.Committer`, or `clicks.cluster_committer.ClusterCommitter`."""

    async def apply(self, batch: Batch) -> None: ...


class Recorder:
    """Takes visits one by one, hands them to Redis in batches. Lives on one event loop."""

    def __init__(self, store: Applies, spool: Spool, counters: Counters, budget_s: float) -> None:
        self.breaker = Breaker()
        self._store = store
        self._spool = spool
        self._counters = counters
        self._budget_s = budget_s
        self._writer = Writer()
        self._rows: list[Row] = []
        self._counts: dict[str, int] = {}
        self._waiters: list[Waiter] = []
        self._oldest = 0.0
        self._dropped_at = -DROPPING_S
        self._full: deque[_Taken] = deque()  # batches that have their number of visits and wait for their turn
        self._flushing: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._clock: Callable[[], float] = self._loop.time
        self._news = News(self._clock)

    def record(self, rows: tuple[Row, ...], field: str, waiter: Waiter) -> None:
        """Have these rows stored and this field counted; `waiter` is released when that is done."""
        if not self._waiters:
            self._oldest = self._clock()
        self._rows += rows
        self._counts[field] = self._counts.get(field, 0) + 1
        self._waiters.append(waiter)
        if len(self._waiters) == MAX_BATCH:
            self._full.append(self._take())
        if self._flushing is None:
            self._flushing = self._loop.create_task(self._flush())

    @property
    def is_dropping(self) -> bool:
        """Whether the spool has refused a batch just now; a small one may still fit between two that do not."""
        return self._clock() - self._dropped_at < DROPPING_S

    async def close(self) -> None:
        """Wait until everything taken so far is answered."""
        while self._flushing is not None:
            await self._flushing

    async def _flush(self) -> None:
        try:
            while self._full or self._waiters:
                rows, counts, waiters, oldest = self._full.popleft() if self._full else self._take()
                if self.breaker.is_open:
                    self.spool(Batch(NEVER_SENT, 0, rows, counts))
                elif not await self._apply(batch := self._writer.batch(rows, counts), oldest):
                    self.spool(batch)
                self._counters.batch_sizes.add(len(waiters))
                for waiter in waiters:
                    waiter.release()
        finally:
            self._flushing = None

    def _take(self) -> _Taken:
        taken = self._rows, self._counts, self._waiters, self._oldest
        self._rows, self._counts, self._waiters = [], {}, []
        return taken

    async def _apply(self, batch: Batch, oldest: float) -> bool:
        try:
            async with asyncio.timeout_at(oldest + self._budget_s):
                await self._store.apply(batch)
        except Exception as error:  # whatever it is, the visitors behind it are answered and their clicks spooled
            self._counters.redis_failed(error)
            self.breaker.failed(self._clock())
            if self.breaker.is_open:
                self._say_spooling(error)
            return False
        self.breaker.succeeded()
        return True

    def _say_spooling(self, error: Exception) -> None:
        """A Redis that is full, read-only or paused still hands out links: nobody else says so."""
        if self._news.is_news("spooling"):
            log.warning("Redis takes no clicks: they go to the spool", error=type(error).__name__)

    def spool(self, batch: Batch) -> None:
        """Keep a batch in the local file. A full one is counted and said aloud; visits are answered all the same."""
        try:
            self._spool.append(batch)
        except OSError as error:
            self._dropped_at = self._clock()
            self._counters.spool_dropped += len(batch.rows)
            # once a minute, not for each batch: the disk may be full, and a small batch may fit between two large ones
            if self._news.is_news("dropping"):
                log.error("clicks are dropped: the spool takes no more", reason=str(error))
        else:
            self._counters.spooled += len(batch.rows)
