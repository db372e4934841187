"""Who walks through all clicks at this moment: each takes its share of the addresses, one alone takes all."""

from binascii import crc32
from importlib.resources import files
from typing import Any, Final

from clicks.keys import WALKERS

JOIN: Final = files("clicks").joinpath("join_walk.lua").read_text()
WORD_S: Final = 120  # how long one that has died keeps its share; the next walk has it


class Walkers:
    """One of them. Methods raise `redis.exceptions.RedisError` or `OSError` as `ClickStore`."""

    def __init__(self, redis: Any, name: bytes) -> None:
        """`name` is no other's."""
        self._redis = redis
        self._name = name
        self._number, self._of = 0, 1

    async def join(self) -> None:
        """Say that this one walks, and learn who else does. To be said again before two minutes are over."""
        names = await self._redis.eval(JOIN, 1, WALKERS, self._name, WORD_S)
        self._number, self._of = names.index(self._name), len(names)

    def takes(self, key: bytes) -> bool:
        """Whether the key of an address is this one's to look at. Where somebody comes or goes in the middle of a walk,
        one may be nobody's, or two's: the next walk finds it, and what was moved once does not move again.
        """
        return crc32(key) % self._of == self._number

    async def leave(self) -> None:
        """Say that this one has stopped."""
        await self._redis.zrem(WALKERS, self._name)
