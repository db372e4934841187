"""At most so many tries a minute: counted in Redis for all processes together, or in this one while Redis is away."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from redis.exceptions import RedisError

TRIES = 5
WINDOW_S = 60
KEY = b"tries:"  # + hash of what is counted: a number that lasts a minute
MAX_LOCAL = 10_000  # names and addresses that are remembered without Redis

log = structlog.get_logger()


@dataclass(slots=True)
class Throttle:
    """Counts tries under names of the caller's."""

    redis: Any | None
    """None = there is none: tries are counted here."""
    clock: Callable[[], float] = time.time
    _local: dict[bytes, tuple[float, int]] = field(default_factory=dict)
    """key -> (when it ends, tries so far)."""

    async def allows(self, *names: str) -> bool:
        """Count one try under each name; whether all of them had one left. A try is counted before it is made, so that
        many at once are not more than five.
        """
        counts = [await self._count(_key(name)) for name in names]
        return all(count <= TRIES for count in counts)

    async def forgive(self, *names: str) -> None:
        """Take the try back: it was no guess."""
        for key in map(_key, names):
            if key in self._local:
                ends, tries = self._local[key]
                self._local[key] = (ends, tries - 1)
            if self.redis is None:
                continue
            try:
                if await self.redis.decr(key) < 0:
                    await self.redis.delete(key)  # it had ended meanwhile
            except (RedisError, OSError):
                continue

    async def _count(self, key: bytes) -> int:
        if self.redis is None:
            return self._count_here(key)
        try:
            tries = int(await self.redis.incr(key))
            if tries == 1 or (tries > TRIES and await self.redis.ttl(key) < 0):
                await self.redis.expire(key, WINDOW_S)
        except (RedisError, OSError) as error:
            log.warning("tries are counted in this process alone", error=type(error).__name__)
            return self._count_here(key)
        return tries

    def _count_here(self, key: bytes) -> int:
        now = self.clock()
        if len(self._local) >= MAX_LOCAL:
            self._local = {key: kept for key, kept in self._local.items() if kept[0] > now}
        ends, tries = self._local.get(key, (0.0, 0))
        if ends <= now:
            ends, tries = now + WINDOW_S, 0
        self._local[key] = (ends, tries + 1)
        return tries + 1


def _key(name: str) -> bytes:
    return KEY + hashlib.blake2b(name.encode(), digest_size=16).digest()
