"""The Signal links this process serves: in memory, from Redis, with a last-known-good file for a start without it."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import structlog
from redis.exceptions import RedisError

from clicks.links import Link, published_version, read_links

REFRESH_EVERY_S = 0.5
MISS_INTERVAL_S = (
    0.1  # how often unknown slugs may ask Redis for news: a new link works at once, guessing costs nothing
)

log = structlog.get_logger()


class LinkTable:
    """Links by slug (as bytes, the way requests carry them)."""

    def __init__(self, redis: Any, file: Path) -> None:
        self.by_slug: dict[bytes, Link] = {}
        self.generation = 0  # changes with the table, so that what was derived from it can be thrown away
        self.is_loaded = False
        self._redis = redis
        self._file = file
        self._version: str | None = None
        self._asked_at = 0.0
        self._refreshing = asyncio.Lock()

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
                version = await published_version(self._redis)
                if version is not None and version != self._version:
                    links = await read_links(self._redis)
                    self._serve(links)
                    self._version = version
                    await asyncio.to_thread(self._save, links)
            except (RedisError, OSError, TimeoutError):
                return False
            self.is_loaded = True
            return True

    async def get_fresh(self, slug: bytes) -> Link | None:
        """`get`, asking Redis for news first where the slug is unknown; never waits long."""
        now = asyncio.get_running_loop().time()
        if self.get(slug) is None and now - self._asked_at >= MISS_INTERVAL_S:
            self._asked_at = now
            await self.refresh()
        return self.get(slug)

    async def follow(self) -> None:
        """Keep up with the published table, for ever."""
        reachable = True
        while True:
            answered = await self.refresh()
            if answered != reachable:
                log.warning("links follow Redis again" if answered else "Redis is away: serving the links last known")
                reachable = answered
            await asyncio.sleep(REFRESH_EVERY_S)

    def _serve(self, links: list[Link]) -> None:
        self.by_slug = {link.slug.encode(): link for link in links}
        self.generation += 1
        self.is_loaded = True

    def _save(self, links: list[Link]) -> None:
        temporary = self._file.with_suffix(f".{id(self)}.tmp")
        try:
            temporary.write_bytes(msgspec.json.encode(links))
            temporary.replace(self._file)
        except OSError as error:
            log.warning("the last-known-good link file cannot be written", reason=str(error))
