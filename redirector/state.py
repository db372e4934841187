"""What every connection of this process shares."""

import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from clicks.links import Link
from clicks.replicas import ReplicaPolicy
from clicks.store import ClickStore
from redirector.caps import ClickCaps
from redirector.counters import Counters
from redirector.link_table import LinkTable
from redirector.paths import tidy_slug
from redirector.plain_get import PlainGets
from redirector.recorder import Recorder
from redirector.seen_headers import Headers
from redirector.visit_reader import VisitReader


class Connection(Protocol):
    def close_if_overdue(self, now: float) -> None: ...


class Bridging(msgspec.Struct, frozen=True):
    """What bridge pages and capped links need besides."""

    store: ClickStore
    caps: ClickCaps
    token_keys: tuple[bytes, ...]  # newest first


class RedirectorState:
    """The parts of a redirect, opened in the lifespan and handed to each connection."""

    def __init__(
        self, links: LinkTable, reader: VisitReader, recorder: Recorder, counters: Counters, bridging: Bridging
    ) -> None:
        self.links = links
        self.reader = reader
        self.recorder = recorder
        self.counters = counters
        self.store = bridging.store
        self.caps = bridging.caps
        self.token_keys = bridging.token_keys
        self.replicas = ReplicaPolicy()  # of Redis: whoever opens it says which
        self.clock: Callable[[], float] = time.time
        self.connections: set[Connection] = set()
        self.plain_gets = PlainGets()
        self.known_hosts: set[bytes] = set()  # valid values of Host headers
        self._dated: list[tuple[bytes, bytes]] | None = None
        self._date_line = b""
        self.draining_since = 0.0  # loop time since which this process stops; 0 = it does not

    def date_line(self, default_headers: list[tuple[bytes, bytes]]) -> bytes:
        """The Date header of uvicorn's default headers, which are a new list each second."""
        if default_headers is not self._dated:
            self._dated = default_headers
            values = [value for name, value in default_headers if name == b"date"]
            self._date_line = b"".join(b"date: " + value + b"\r\n" for value in values)
        return self._date_line

    def redirect_link(self, path: bytes, headers: Headers) -> Link | None:
        """The enabled link of a path, as it came, that is answered with a 302 straight away."""
        link = self.links.plain.get(path[1:])
        if link is None and path:
            link = self.links.plain.get(tidy_slug(path))
        if link is None or self.links.hosts.serve_any or self.links.hosts.serves(link.app_id, headers):
            return link
        return None

    async def link(self, slug: str, headers: Headers) -> Link | None:
        """The enabled link of a slug, asked for anew where it is unknown, if this host serves it."""
        link = await self.links.get_fresh(slug.encode())
        return link if link is not None and self.links.hosts.serves(link.app_id, headers) else None

    def close_overdue(self, now: float) -> None:
        for connection in tuple(self.connections):
            connection.close_if_overdue(now)
