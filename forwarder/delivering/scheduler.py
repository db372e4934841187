"""Which pixels are being sent to at this moment: each with a few batches of its own, so that a slow one does not stop
the others.
"""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

import anyio
from anyio.abc import TaskGroup

from forwarder.delivering.delivery import DeliveryContext, deliver_batch
from ledger.pixel_state import pixels_with_due
from ledger.pixels import PixelRef
from tiktok.payload import MAX_ROWS

BATCHES_PER_PIXEL: Final = 2  # one batch is prepared while the other is on its way
MAX_BATCHES_IN_FLIGHT: Final = 8
BATCHES_IN_A_ROW: Final = 20  # then it is the turn of a pixel that has waited
BUSY_FROM: Final = 50  # rows; a batch of fewer is sent as soon as it is there
GATHER_FOR_S: Final = 1.0  # a busy pixel's batches fill up for so long, unless they are full before

Guarded = Callable[[str, Callable[[], Awaitable[None]]], Awaitable[bool]]


class DeliveryScheduler:
    """Batches in flight, by pixel."""

    def __init__(self, context: DeliveryContext, tasks: TaskGroup, stopping: anyio.Event, guarded: Guarded) -> None:
        """`guarded` runs a piece of work under a task's name and reports its failure instead of raising it."""
        self._context = context
        self._tasks = tasks
        self._stopping = stopping
        self._guarded = guarded
        self._running: Counter[PixelRef] = Counter()
        self._gathering: dict[PixelRef, float] = {}  # pixel -> until when, by the event loop's clock

    @property
    def busy(self) -> bool:
        """Whether any batch is in flight."""
        return self._running.total() > 0

    @property
    def is_stopping(self) -> bool:
        """Whether the worker was told to stop."""
        return self._stopping.is_set()

    async def start_due(self) -> None:
        """Begin a batch, or one more, for every pixel that has something due."""
        pixels = await pixels_with_due(self._context.pool, self._context.clock())
        random.shuffle(pixels)
        now = anyio.current_time()
        for pixel in pixels:
            free = self._running.total() < MAX_BATCHES_IN_FLIGHT and self._running[pixel] < BATCHES_PER_PIXEL
            if free and self._gathering.get(pixel, now) <= now:
                self._running[pixel] += 1
                self._tasks.start_soon(self._send_due, pixel)

    async def _send_due(self, pixel: PixelRef) -> None:
        try:
            await self._guarded("deliver", lambda: self._drain(pixel))
        finally:
            self._running[pixel] -= 1

    async def _drain(self, pixel: PixelRef) -> None:
        for _ in range(BATCHES_IN_A_ROW):
            if self._stopping.is_set():
                return
            started = anyio.current_time()
            batch = await deliver_batch(self._context, pixel)
            if batch.claimed < MAX_ROWS:
                if batch.claimed >= BUSY_FROM:
                    self._gathering[pixel] = started + GATHER_FOR_S
                return
