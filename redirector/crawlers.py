"""Robots by a list that others keep: the package `crawler-user-agents`, patterns with the agents they were made for.

A look-up of an agent never seen costs 0.15 ms, five times a redirect: so there is a number of them for each second,
beyond which the rules of `redirector.visitors` decide alone. Only whoever invents agents gets there.
"""

from collections.abc import Callable
from typing import Final

from crawleruseragents import is_crawler

MAX_CHARS: Final = 512
LOOKUPS_EACH_S: Final = 200


def is_listed(user_agent: str) -> bool:
    """Whether the list knows the agent as a robot's; its first 512 characters are looked at."""
    return bool(is_crawler(user_agent[:MAX_CHARS]))


class LookupLimit:
    """How many look-ups this second still has. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float], each_s: int = LOOKUPS_EACH_S) -> None:
        self._clock = clock
        self._each_s = each_s
        self._second = 0
        self._left = each_s

    def take(self) -> bool:
        """Take one; False where none is left."""
        second = int(self._clock())
        if second != self._second:
            self._second, self._left = second, self._each_s
        self._left -= 1
        return self._left >= 0
