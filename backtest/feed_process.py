"""The clicks' file read by a process of its own, beside the one that matches installs."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import msgspec

from admin.refusal import Refused
from backtest.asked import Asked
from backtest.click_feed import AHEAD_MS, ClickFeed, Progress
from backtest.lines import read_clicks
from backtest.visit_reader import RecordedVisitReader
from clicks.connection import connect

TIMEOUT_S: Final = 60.0
END_GRACE_S: Final = 5.0


class Source(msgspec.Struct, frozen=True):
    """Which clicks are to be stored where."""

    clicks: Path
    redis_url: str
    app_id: str
    """Of clicks that name no app, on no link of the others."""
    apps_of_links: dict[str, str]
    asked: Asked | None


class FeedProcess:
    """The reading end. Both sides' messages are small: times one way, `Progress`, None (the end) or why it is refused
    the other.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._until_ms = -1
        self._ended = False

    async def advance(self, until_ms: int) -> Sequence[Progress]:
        """See `Feed`."""
        stored: list[Progress] = []
        with suppress(ConnectionError):  # that it is gone is seen below
            self._connection.send(until_ms + AHEAD_MS)
        while not self._ended and (self._until_ms <= until_ms or self._connection.poll()):
            progress = await self._received()
            if progress is None:
                self._ended = True
            else:
                stored.append(progress)
                self._until_ms = progress.until_ms
        return stored

    async def _received(self) -> Progress | None:
        if not self._connection.poll():
            await _readable(self._connection.fileno())
        try:
            message = self._connection.recv()
        except (EOFError, ConnectionError):
            raise Refused("the process that reads the clicks was ended") from None
        if isinstance(message, str):
            raise Refused(message)
        return message  # type: ignore[no-any-return]


async def _readable(descriptor: int) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)


@asynccontextmanager
async def feed_process(source: Source) -> AsyncIterator[FeedProcess]:
    """Run the reader for as long as the context lasts; it may be ahead of what was asked for by `AHEAD_MS`."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_run, args=(source, theirs, ours), daemon=True)
    process.start()
    theirs.close()
    try:
        yield FeedProcess(ours)
    finally:
        ours.close()
        await asyncio.to_thread(process.join, END_GRACE_S)
        process.kill()


def _run(source: Source, connection: Connection, parents: Connection) -> None:
    parents.close()  # a forked process has a copy: the end of the real one would not be noticed
    with suppress(EOFError, ConnectionError):  # nobody wants more
        try:
            asyncio.run(_feed(source, connection))
        except Refused as refused:
            connection.send(str(refused))
        while True:  # until the other side has read all of it
            connection.recv()


async def _feed(source: Source, connection: Connection) -> None:
    async with connect(source.redis_url, timeout_s=TIMEOUT_S) as redis:
        reader = RecordedVisitReader(redis, source.app_id, source.apps_of_links)
        feed = ClickFeed(redis, reader, read_clicks(source.clicks), source.asked)
        allowed_ms = -1
        while (progress := await feed.store_stretch()) is not None:
            connection.send(progress)
            while progress.until_ms > allowed_ms or connection.poll():
                allowed_ms = connection.recv()
        connection.send(None)
