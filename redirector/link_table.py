"""The Signal links this process serves: in memory, from Redis, with a last-known-good file for a start without it."""

import asyncio
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import structlog
from redis.exceptions import RedisError

from clicks.link_followers import tell_served
from clicks.links import Link, Site, Table, read_links, read_sites
from redirector.hosts import Hosts

REFRESH_EVERY_S = 0.1  # commands wait until every redirector has taken over what they changed
MISS_INTERVAL_S = 0.1  # how often unknown slugs may ask for news: a new link works at once, guessing costs nothing
MISS_TIMEOUT_S = 0.25

log = structlog.get_logger()


def ended(link: Link) -> Link:
    """The link after its expiry or click cap: a plain redirect of every visitor to the fallback."""
    return msgspec.structs.replace(
        link, ios_url=None, android_url=None, mode="redirect", bridge_weight=None, click_cap=None, ended=True
    )


def is_plain(link: Link) -> bool:
    """Whether every visit is answered with a 302, so that nothing needs deciding per visit."""
    shows_bridge = link.mode == "bridge" if link.bridge_weight is None else link.bridge_weight > 0
    return link.enabled and not shows_bridge and link.click_cap is None


class LinkTable:
    """Links by slug (as bytes, the way requests carry them). `clock` gives Unix time in seconds."""

    def __init__(self, redis: Any, file: Path, public_base: str = "", clock: Callable[[], float] = time.time) -> None:
        self.by_slug: dict[bytes, Link] = {}
        self.plain: dict[bytes, Link] = {}  # those that the short way may answer
        self.capped: tuple[str, ...] = ()  # slugs of links with a click cap
        self.hosts = Hosts((), public_base)
        self.generation = 0  # changes with the table, so that what was derived from it can be thrown away
        self.is_loaded = False
        self.is_following = False  # whether Redis answered when it was last asked
        self._redis = redis
        self._file = file
        self._public_base = public_base
        self._clock = clock
        self._next_expiry: float | None = None  # Unix s
        self._version: str | None = None
        self._process = secrets.token_hex(8)  # by which commands know whether this process has taken over a change
        self._asked_at = 0.0
        self._refreshing = asyncio.Lock()
        self._asking: asyncio.Task[bool] | None = None

    def get(self, slug: bytes) -> Link | None:
        """The enabled link of this slug."""
        link = self.by_slug.get(slug)
        return link if link is not None and link.enabled else None

    def load_file(self) -> None:
        """Serve what was last known, until Redis answers."""
        try:
            table = msgspec.json.decode(self._file.read_bytes(), type=Table)
        except FileNotFoundError:
            return
        except (OSError, msgspec.DecodeError) as error:
            log.warning("the last-known-good link file cannot be read", reason=type(error).__name__)
            return
        self._serve(table.links, table.sites)

    async def refresh(self) -> bool:
        """Take over the published table if it changed; whether Redis answered."""
        async with self._refreshing:
            try:
                await self._take_over()
            except (RedisError, OSError, TimeoutError):
                self.is_following = False
            except msgspec.DecodeError as error:
                log.error("the published links cannot be read: serving those last known", reason=str(error))
                self.is_following = False
            else:
                self.is_loaded = self.is_following = True
            return self.is_following

    async def _take_over(self) -> None:
        version = await tell_served(self._redis, self._process, self._version, is_new=self._version is None)
        if version is None or version == self._version:
            return
        links, sites = await read_links(self._redis), await read_sites(self._redis)
        self._serve(links, sites)
        self._version = version
        await tell_served(self._redis, self._process, version)  # whoever changed them waits for it
        await asyncio.to_thread(self._save, Table(links, sites))

    async def get_fresh(self, slug: bytes) -> Link | None:
        """`get`, asking Redis for news first where the slug is unknown; never waits long."""
        now = asyncio.get_running_loop().time()
        if self.get(slug) is None and now - self._asked_at >= MISS_INTERVAL_S:
            self._asked_at = now
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self.refresh())
            await asyncio.wait((self._asking,), timeout=MISS_TIMEOUT_S)
        return self.get(slug)

    async def follow(self) -> None:
        """Keep up with the published table, for ever."""
        while True:
            reachable = self.is_following
            if await self.refresh() != reachable:
                log.warning("Redis is away: serving the links last known" if reachable else "links follow Redis again")
            self.end_expired()
            await asyncio.sleep(REFRESH_EVERY_S)

    def end(self, slug: bytes) -> Link:
        """From now on, and until the table changes, this link only leads to its fallback."""
        link = ended(self.by_slug[slug])
        self.by_slug[slug] = link
        if link.enabled:
            self.plain[slug] = link
        self.generation += 1
        return link

    def end_expired(self) -> None:
        """End the links whose time has come."""
        now = self._clock()
        if self._next_expiry is None or now < self._next_expiry:
            return
        for slug, link in list(self.by_slug.items()):
            if link.expires_at is not None and link.expires_at <= now and not link.ended:
                self.end(slug)
        self._next_expiry = self._earliest_expiry()

    def _earliest_expiry(self) -> float | None:
        waiting = (link.expires_at for link in self.by_slug.values() if not link.ended)
        return min((moment for moment in waiting if moment is not None), default=None)

    def _serve(self, links: list[Link], sites: list[Site]) -> None:
        self.by_slug = {link.slug.encode(): link for link in links}
        self.plain = {slug: link for slug, link in self.by_slug.items() if is_plain(link)}
        self.capped = tuple(link.slug for link in links if link.click_cap is not None)
        self.hosts = Hosts(sites, self._public_base)
        self.generation += 1
        self.is_loaded = True
        self._next_expiry = self._earliest_expiry()
        self.end_expired()

    def _save(self, table: Table) -> None:
        temporary = self._file.with_suffix(f".{os.getpid()}.tmp")
        try:
            temporary.write_bytes(msgspec.json.encode(table))
            temporary.replace(self._file)
        except OSError as error:
            log.warning("the last-known-good link file cannot be written", reason=str(error))
