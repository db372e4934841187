"""Lines of the log that an outage would repeat for each request or round: said once a minute."""

import time
from collections.abc import Callable
from typing import Final

SAY_EVERY_S: Final = 60.0


class News:
    """What was said when, by topic. A topic is made of few words of ours: it is kept for ever."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds and never goes back."""
        self._clock = clock
        self._said: dict[str, float] = {}

    def is_news(self, topic: str) -> bool:
        """Whether to say it now: not said within the last minute. It then counts as said."""
        now = self._clock()
        if now - self._said.get(topic, -SAY_EVERY_S) < SAY_EVERY_S:
            return False
        self._said[topic] = now
        return True
