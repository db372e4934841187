"""uvicorn's warnings of what is wrong with a request: it writes one for each, which a flood would fill a disk with."""

import logging
from collections import Counter
from collections.abc import Callable
from time import monotonic
from typing import Final

from config.news import News

LOGGER: Final = "uvicorn.error"  # the name is its own; what it warns of is a request each time


class OnceAMinute(logging.Filter):
    """Lets each of a logger's warnings through once a minute, with how many came since the one before."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """`clock` as `News` has it."""
        super().__init__()
        self._news = News(clock)
        self._unsaid: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno != logging.WARNING:
            return True
        warning = str(record.msg)
        self._unsaid[warning] += 1
        if not self._news.is_news(warning):
            return False
        if (times := self._unsaid.pop(warning)) > 1:
            record.msg = f"{warning} ({times} times since this was last said)"
        return True
