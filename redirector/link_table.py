"""The Signal links this process serves: in memory, from Redis, with a last-known-good file for a start without it."""

import asyncio
import os
from pathlib import Path
from typing import Any

import msgspec
import structlog
from redis.exceptions import RedisError

from clicks.links import Link, published_version, read_links

REFRESH_EVERY_S = 0.5
MISS_INTERVAL_S = 0.1  # how often unknown slugs may ask for news: a new link works at once, guessing costs nothing
MISS_TIMEOUT_S = 0.25

log = structlog.get_logger()


class LinkTable:
    """Links by slug (as bytes, the way requests carry them)."""

    def __init__(self, redis: Any, file: Path) -> None:
        self.by_slug: dict[bytes, Link] = {}
        self.generation = 0  # changes with the table, so that what was derived from it can be thrown away
        self.is_loaded = False
        self.is_following = False  # whether Redis answered when it was last asked
        self._redis = redis
        self._file = file
        self._version: str | None = None
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
            links = msgspec.json.decode(self._file.read_bytes(), type=list[Link])
        except FileNotFoundError:
            return
        except (OSError, msgspec.DecodeError) as error:
            log.warning("the last-known-good link file cannot be read", reason=type(error).__name__)
            return
        self._serve(links)

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
        version = await published_version(self._redis)
        if version is None or version == self._version:
            return
        links = await read_links(self._redis)
        self._serve(links)
        self._version = version
        await asyncio.to_thread(self._save, links)

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
            await asyncio.sleep(REFRESH_EVERY_S)

    def _serve(self, links: list[Link]) -> None:
        self.by_slug = {link.slug.encode(): link for link in links}
        self.generation += 1
        self.is_loaded = True

    def _save(self, links: list[Link]) -> None:
        temporary = self._file.with_suffix(f".{os.getpid()}.tmp")
        try:
            temporary.write_bytes(msgspec.json.encode(links))
            temporary.replace(self._file)
        except OSError as error:
            log.warning("the last-known-good link file cannot be written", reason=str(error))
