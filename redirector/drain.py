"""Brings spooled clicks back to Redis once it answers, slowly enough that live clicks do not wait for them."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import count
from pathlib import Path

import structlog
from redis.exceptions import RedisError

from clicks.batch import Batch
from redirector.counters import Counters
from redirector.recorder import Recorder
from redirector.spool import Spool, abandoned_segments, read_segment, sync_and_close
from redirector.writer import NEVER_SENT

EVERY_S = 0.5
PAUSE_S = 0.005  # between batches: at most 200 batches, or 25,000 clicks, a second beside the live ones
MAX_MERGED = 128  # visits
PROBE_TIMEOUT_S = 0.25

Replay = Callable[[Batch], Awaitable[int]]

log = structlog.get_logger()


class Drainer:
    """Replays segments nobody writes any more: this process's own sealed ones and those of processes that died."""

    def __init__(self, replay: Replay, spool: Spool, recorder: Recorder, counters: Counters) -> None:
        """`replay` is `ClickStore.replay`, or a call of it: the number of rows it left out."""
        self._replay_batch = replay
        self._spool = spool
        self._recorder = recorder
        self._counters = counters

    async def run(self) -> None:
        """Probe Redis while the breaker is open, drain while it is closed, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(EVERY_S)
            await self._sync()
            if self._recorder.breaker.is_open:
                if self._recorder.breaker.probe_is_due(loop.time()) and await self._answers():
                    self._recorder.breaker.succeeded()
                continue
            await self.drain()

    async def _sync(self) -> None:
        fd = self._spool.unsynced()
        if fd is None:
            return
        try:
            await asyncio.to_thread(sync_and_close, fd)
        except OSError as error:
            log.error("the spool may not survive a power cut: the disk refuses to sync", reason=str(error))

    async def drain(self) -> int:
        """Replay all there is; the number of clicks replayed. Stops, and keeps the rest, where Redis fails."""
        self._spool.seal()
        self._spool.measure()
        clicks = 0
        for path, fd in abandoned_segments(self._spool.directory):
            try:
                replayed = await self._replay(path, fd)
            finally:
                os.close(fd)
            if replayed is None:
                break
            clicks += replayed
        if clicks:
            log.info("spooled clicks are stored", clicks=clicks)
        return clicks

    async def _replay(self, path: Path, fd: int) -> int | None:
        """The number of clicks of one segment, which is then gone; None where Redis failed on the way."""
        clicks = 0
        for batch in merged(read_segment(fd), path.stem):
            if batch is None:
                self._counters.spool_torn += 1
                log.warning("a spool segment holds a record that a crash or the disk damaged: it is passed over")
                continue
            if not await self._apply(batch):
                return None
            clicks += len(batch.rows)
            await asyncio.sleep(PAUSE_S)
        self._spool.remove(path, clicks)
        self._counters.drained += clicks
        return clicks

    async def _apply(self, batch: Batch) -> bool:
        try:
            left_out = await self._replay_batch(batch)
        except (RedisError, OSError, TimeoutError) as error:
            self._counters.redis_failed(error)
            return False
        if left_out:
            log.info("erased clicks are not brought back from the spool", records=left_out)
        return True

    async def _answers(self) -> bool:
        """Whether Redis takes writes: a replica or a full server answers a ping, too."""
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                await self._replay_batch(Batch("probe", 0, [], {}))
        except (RedisError, OSError, TimeoutError):
            return False
        return True


def merged(batches: Iterable[Batch | None], name: str) -> Iterator[Batch | None]:
    """The batches of a segment, those that were never sent joined to bigger ones: with Redis away most hold one click.

    What is joined is the same whenever a segment is read, so its name and a number name each joined batch for good.
    """
    numbers = count()
    joined = Batch(name, next(numbers), [], {})
    for batch in batches:
        if batch is None or batch.writer != NEVER_SENT:
            yield batch
            continue
        joined.rows.extend(batch.rows)
        for field, visits in batch.counts.items():
            joined.counts[field] = joined.counts.get(field, 0) + visits
        if sum(joined.counts.values()) >= MAX_MERGED:
            yield joined
            joined = Batch(name, next(numbers), [], {})
    if joined.counts:
        yield joined
