"""Which pixels are being sent to at this moment: each in lanes of its own, so that a slow one does not stop the
others.
"""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

import anyio
from anyio.abc import TaskGroup

from forwarder.delivery import Courier, deliver_batch
from ledger.pixel_state import pixels_with_due
from ledger.pixels import PixelRef
from tiktok.payload import MAX_ROWS

LANES_PER_PIXEL: Final = 2  # one batch is prepared while the other is on its way
MAX_LANES: Final = 8
BATCHES_PER_LANE: Final = 20  # then the lane is free for a pixel that has waited
BUSY_FROM: Final = 50  # rows; a batch of fewer is sent as soon as it is there
GATHER_FOR_S: Final = 1.0  # a busy pixel's batches fill up for so long, unless they are full before

Guarded = Callable[[str, Callable[[], Awaitable[None]]], Awaitable[bool]]


class Lanes:
    """Batches in flight, by pixel."""

    def __init__(self, courier: Courier, tasks: TaskGroup, stopping: anyio.Event, guarded: Guarded) -> None:
        """`guarded` runs a piece of work under a task's name and reports its failure instead of raising it."""
        self._courier = courier
        self._tasks = tasks
        self._stopping = stopping
        self._guarded = guarded
        self._running: Counter[PixelRef] = Counter()
        self._gathering: dict[PixelRef, float] = {}  # pixel -> until when, by the event loop's clock

    @property
    def busy(self) -> bool:
        """Whether any batch is in flight."""
        return self._running.total() > 0

    async def open_lanes(self) -> None:
        """Give a lane, or one more, to every pixel that has something due."""
        pixels = await pixels_with_due(self._courier.pool, self._courier.clock())
        random.shuffle(pixels)
        now = anyio.current_time()
        for pixel in pixels:
            free = self._running.total() < MAX_LANES and self._running[pixel] < LANES_PER_PIXEL
            if free and self._gathering.get(pixel, now) <= now:
                self._running[pixel] += 1
                self._tasks.start_soon(self._lane, pixel)

    async def _lane(self, pixel: PixelRef) -> None:
        try:
            await self._guarded("deliver", lambda: self._drain(pixel))
        finally:
            self._running[pixel] -= 1

    async def _drain(self, pixel: PixelRef) -> None:
        for _ in range(BATCHES_PER_LANE):
            if self._stopping.is_set():
                return
            started = anyio.current_time()
            batch = await deliver_batch(self._courier, pixel)
            if batch.claimed < MAX_ROWS:
                if batch.claimed >= BUSY_FROM:
                    self._gathering[pixel] = started + GATHER_FOR_S
                return
