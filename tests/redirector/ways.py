"""Ways through a click, each as a redirector of its own in this process: real sockets, a real Redis, one clock.

One takes a short way wherever it may, from the raw bytes or from the parser; another always the parser's, or always the
long way through Starlette. What else differs between two redirectors, their time and their random bytes, is the same.
"""

import asyncio
import re
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import uvicorn
from anyio.from_thread import start_blocking_portal
from starlette.applications import Starlette

from clicks.committer import Committer
from clicks.connection import connect
from clicks.keys import CLICKS, COUNTS
from clicks.links import Link, Site, publish_links
from clicks.shared_strings import SharedStrings
from clicks.store import DAY_S, ClickStore
from config.settings import RedirectorSettings
from redirector.__main__ import server_config
from redirector.app import create_app
from redirector.caps import ClickCaps
from redirector.counters import Counters
from redirector.link_table import LinkTable
from redirector.protocol import SignalLinkProtocol
from redirector.recorder import Recorder
from redirector.spool import Spool
from redirector.state import Bridging, RedirectorState
from redirector.visit_reader import VisitReader, VisitReaderSettings
from tests.engines import short_directory
from tests.redirector.serving import address_keys
from tests.redirector.wire import connected, read_all, request
from tests.redis_clients import open_redis, url_of_database

FIRST_VISIT_S = 1_800_000_000.5
NO_HURRY_S = 60.0  # for Redis: on a busy machine a click must not go by way of the spool
TRUSTED = "127.0.0.0/8"
LAST_WORD = request("/healthz", "Connection: close")  # makes the server close behind the visit
_LAST_ANSWER = re.compile(rb"HTTP/1\.1 200 OK\r\n.*\Z", re.DOTALL)


class ShortWay(SignalLinkProtocol):
    """The protocol as it is; it counts the visits that it answered itself, and of them those without the parser."""

    answered = 0
    unparsed = 0

    def _open_plain(self, data: bytes) -> bool:
        is_plain = super()._open_plain(data)
        ShortWay.answered += is_plain
        ShortWay.unparsed += is_plain
        return is_plain

    def _open_click(self) -> bool:
        is_short = super()._open_click()
        ShortWay.answered += is_short
        return is_short


class ParserWay(SignalLinkProtocol):
    """The protocol that has the parser read every visit."""

    def _open_plain(self, data: bytes) -> bool:
        return False


class LongWay(ParserWay):
    """The protocol that leaves every visit to Starlette."""

    def _open_click(self) -> bool:
        return False


class Clock:
    """The time of both ways: one second a visit."""

    visit = 0

    def __call__(self) -> float:
        return FIRST_VISIT_S + self.visit


def same_bytes(size: int) -> bytes:
    """`random_bytes` of both ways. The same for each visit: one that only one way takes does not shift the others."""
    return bytes(islice(cycle(b"five!"), size))


@dataclass(frozen=True, slots=True)
class Answered:
    """All that a visit leaves behind."""

    head: tuple[str, ...]
    """Status line and headers, in order."""
    body: bytes
    rows: frozenset[tuple[bytes, bytes, float]]
    """Key, record and time in ms of each click in Redis."""
    counts: dict[bytes, bytes]
    """In Redis, for the ledger."""
    counters: dict[Any, int]
    """For the metrics."""


class Way:
    """One redirector, seen from outside and from inside."""

    def __init__(self, port: int, state: RedirectorState, redis_url: str) -> None:
        self.port = port
        self._state = state
        self._redis = open_redis(redis_url)
        self._redis.flushdb()

    def visit(self, raw: bytes) -> Answered:
        """Send one request, the only one since Redis and the counters were emptied."""
        with connected(self.port) as connection:
            connection.sendall(raw)
            received = connection.recv(65_536)
            with suppress(OSError):  # closed behind the answer
                connection.sendall(LAST_WORD)
            received += read_all(connection)
        head, _, body = _LAST_ANSWER.sub(b"", received).partition(b"\r\n\r\n")
        lines = tuple(head.decode("latin-1").split("\r\n"))
        return Answered(lines, body, self._take_rows(), self._take_counts(), _take_tally(self._state.counters))

    def _take_rows(self) -> frozenset[tuple[bytes, bytes, float]]:
        keys = list(self._redis.scan_iter(CLICKS + b"*"))
        rows = {(key, *row) for key in keys for row in self._redis.zrange(key, 0, -1, withscores=True)}
        for key in keys:
            self._redis.delete(key)
        return frozenset(rows)

    def _take_counts(self) -> dict[bytes, bytes]:
        counts: dict[bytes, bytes] = self._redis.hgetall(COUNTS)
        self._redis.delete(COUNTS)
        return counts

    def drain(self) -> None:
        """From now on this redirector is one that stops."""
        self._state.draining_since = 1.0

    def close(self) -> None:
        self._redis.close()


def _take_tally(counters: Counters) -> dict[Any, int]:
    """What `redirector.metrics` would be given, and how much waits for the worker."""
    taken: Counter[Any] = Counter(counters.visits)
    for ad in counters.clicked:
        taken[ad.link, ad.platform, "click", ad.unexpanded, ad.is_wrong_os] += ad.clicks
        ad.clicks = 0
    taken += counters.bridge + counters.refused + counters.redis_failures
    taken["ttclids refused"] = counters.ttclids_refused
    taken["spooled"] = counters.spooled
    taken["answers timed"] = sum(counters.seconds.counts)
    taken["batches"] = sum(counters.batch_sizes.counts)
    taken["names of ads"] = len(counters.names)
    taken["texts to share"] = len(counters.texts)
    counters.reset()
    return dict(taken)


@asynccontextmanager
async def opened_front(settings: RedirectorSettings, clock: Clock) -> AsyncIterator[RedirectorState]:
    """A redirector's parts as `redirector.app` opens them, without what goes on beside the visits."""
    client = connect(settings.redis_url)
    counters = Counters()
    links = LinkTable(client, settings.data_dir / "links.json", settings.public_base, clock)
    await links.refresh()
    key = address_keys()[0]
    reader_settings = VisitReaderSettings(key, settings.trusted_proxies, settings.public_base)
    reader = VisitReader(links, counters, reader_settings, clock, same_bytes)
    retention_s = settings.click_retention_days * DAY_S
    committer = Committer(client, retention_s, SharedStrings(client, retention_s))
    spool = Spool(settings.data_dir / "spool", 1_000_000)
    recorder = Recorder(committer, spool, counters, NO_HURRY_S)
    bridging = Bridging(ClickStore(client, (key,)), ClickCaps(links, client), (b"t" * 32,))
    try:
        yield RedirectorState(links, reader, recorder, counters, bridging)
    finally:
        await recorder.close()
        spool.close()
        for connection in (committer, client):
            await connection.aclose()


@asynccontextmanager
async def served(
    settings: RedirectorSettings, protocol: type[SignalLinkProtocol], clock: Clock
) -> AsyncIterator[tuple[int, RedirectorState]]:
    """A redirector in this event loop, with uvicorn configured as in production; its port."""

    async with opened_front(settings, clock) as state:
        app = create_app(settings)

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Any]]:
            yield {"redirector": state}

        app.router.lifespan_context = lifespan
        config = server_config(settings)
        config.app, config.http = lambda: app, protocol
        async with listening(config) as port:
            yield port, state


@asynccontextmanager
async def listening(config: uvicorn.Config) -> AsyncIterator[int]:
    """uvicorn in this event loop, on a free port."""
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


class Ways:
    """The short way and another one, visited alike."""

    def __init__(self, short: Way, other: Way, clock: Clock) -> None:
        self._short, self._other, self._clock = short, other, clock

    def visit(self, raw: bytes) -> tuple[Answered, Answered, bool]:
        """What the short and the other way made of it, and whether the first was really taken."""
        self._clock.visit += 1
        before = ShortWay.answered
        short = self._short.visit(raw)
        return short, self._other.visit(raw), ShortWay.answered > before

    def drain(self) -> None:
        for way in (self._short, self._other):
            way.drain()


@contextmanager
def opened_ways(
    redis_url: str,
    database: int,
    links: tuple[Link, ...],
    sites: tuple[Site, ...] = (),
    other: type[SignalLinkProtocol] = LongWay,
) -> Iterator[Ways]:
    """Both ways over these links, on an event loop of their own; they use this Redis's `database` and the next."""
    clock = Clock()

    @asynccontextmanager
    async def opened(number: int, protocol: type[SignalLinkProtocol]) -> AsyncIterator[Way]:
        url = url_of_database(redis_url, number)
        with short_directory() as directory:
            settings = way_settings(url, directory)
            async with connect(url) as client:
                await client.flushdb()
                await publish_links(client, links, sites)
            async with served(settings, protocol, clock) as (port, state):
                way = Way(port, state, url)
                try:
                    yield way
                finally:
                    way.close()

    with (
        start_blocking_portal(backend_options={"use_uvloop": True}) as portal,
        portal.wrap_async_context_manager(opened(database, ShortWay)) as short,
        portal.wrap_async_context_manager(opened(database + 1, other)) as second,
    ):
        yield Ways(short, second, clock)


def way_settings(redis_url: str, data_dir: Path) -> RedirectorSettings:
    given: dict[str, Any] = {
        "redis_url": redis_url, "data_dir": data_dir, "trusted_proxies": TRUSTED, "public_url": "http://t.test",
    }  # fmt: skip
    return RedirectorSettings(**given)
