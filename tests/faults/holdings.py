"""What each of our processes holds, sampled while a machine is whole: memory and descriptors.

with holdings.sampled():
    with holdings.broken():     # what an outage holds for a while is not told
        ...
holdings.samples()["memory", "worker"]      # [Sample(at_s, period, bytes)]
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import psutil

from tests.faults.flatness import Sample
from tests.faults.whole_machine import PROCESSES, WholeMachine

EVERY_S: Final = 5.0
UP: Final = "up"


class Holdings:
    """Samples by process: with its children, `up` itself apart. In a thread of its own."""

    def __init__(self, machine: WholeMachine) -> None:
        self._samples: dict[tuple[str, str], list[Sample]] = defaultdict(list)
        self._machine = machine
        self._stopping = threading.Event()
        self._whole = threading.Lock()

    def samples(self) -> dict[tuple[str, str], list[Sample]]:
        """By (memory, resident, in bytes, or descriptors; process)."""
        return dict(sorted(self._samples.items(), reverse=True))

    @contextmanager
    def sampled(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join()

    @contextmanager
    def broken(self) -> Iterator[None]:
        """No sample is taken meanwhile."""
        with self._whole:
            yield

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            if self._whole.acquire(blocking=False):
                try:
                    self._take()
                finally:
                    self._whole.release()

    def _take(self) -> None:
        """Nothing of a process that has ended just now."""
        up = self._machine.up
        assert up is not None
        at = time.monotonic()
        for name in (UP, *PROCESSES):
            with suppress(psutil.NoSuchProcess):
                root = psutil.Process(up.process.pid if name == UP else self._machine.process_id(name))
                self._add(name, at, [root] if name == UP else [root, *root.children(recursive=True)])

    def _add(self, name: str, at: float, processes: list[psutil.Process]) -> None:
        memory = sum(process.memory_info().rss for process in processes)
        descriptors = sum(process.num_fds() for process in processes)
        period = " ".join(sorted(str(process.pid) for process in processes))
        self._samples["memory", name].append(Sample(at, period, memory))
        self._samples["descriptors", name].append(Sample(at, period, descriptors))
