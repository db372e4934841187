"""Sorting more than fits in memory: sorted runs in temporary files, merged as they are read."""

import heapq
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import IO

RUN_LINES = 50_000

Keyed = tuple[int, bytes]
"""(key, line without line breaks)."""


async def sorted_lines(lines: AsyncIterator[Keyed]) -> AsyncIterator[bytes]:
    """The lines by key, equal keys by text."""
    with ExitStack() as files:
        runs: list[Iterator[Keyed]] = []
        held: list[Keyed] = []
        async for keyed in lines:
            held.append(keyed)
            if len(held) == RUN_LINES:
                runs.append(_spilled(held, files.enter_context(tempfile.TemporaryFile())))
                held = []
        for _, line in heapq.merge(*runs, iter(sorted(held))):
            yield line


def _spilled(held: list[Keyed], file: IO[bytes]) -> Iterator[Keyed]:
    for key, line in sorted(held):
        file.write(b"%d\t%b\n" % (key, line))
    file.seek(0)
    return map(_read, file)


def _read(raw: bytes) -> Keyed:
    key, _, line = raw.rstrip(b"\n").partition(b"\t")
    return int(key), line
