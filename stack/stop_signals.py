"""SIGINT, SIGTERM and SIGHUP as events: the first asks to stop, the second to hurry."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSignals:
    """Takes over the signals of the running event loop."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.hurry = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # `nohup` wants it to go on when the terminal closes
            loop.add_signal_handler(number, self._received)

    def _received(self) -> None:
        (self.hurry if self.asked.is_set() else self.asked).set()

    async def unless_asked(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do the work, and give it up when we are asked to stop first. Returns whether it was done."""
        task, asked = asyncio.create_task(work), asyncio.create_task(self.asked.wait())
        await asyncio.wait((task, asked), return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait((task,))
        if task.cancelled():
            return False
        await task
        return True
