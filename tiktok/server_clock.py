"""TikTok's clock beside this machine's, by the `Date` of its answers.

The engines' clocks tell nothing where they stand on the same machine. A machine that is hours ahead sends conversions
from the future.
"""

import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from tiktok.codes import Answer

LITTLE_S: Final = 60.0
KEPT_S: Final = 3_600.0
"""So long an answer tells something: a clock may have been set meanwhile."""


class ServerClock:
    """What the last answer said."""

    def __init__(self, clock: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._monotonic = clock, monotonic
        self._last: tuple[float, float] | None = None

    def note(self, answer: Answer) -> None:
        """`answer` has come this moment. One without a `Date`, or with one that is none, says nothing."""
        theirs = _date(answer.headers.get("date", ""))
        if theirs is not None:
            self._last = theirs - (self._clock() - answer.ms / 2_000), self._monotonic()

    def ahead_s(self) -> float | None:
        """Seconds that TikTok's clock is ahead of this machine's, right within a second and half of the time that the
        answer took; None where nothing is known.
        """
        if self._last is None or self._monotonic() - self._last[1] > KEPT_S:
            return None
        return self._last[0]


def differs_little(ahead_s: float) -> bool:
    """Not worth an alarm: an answer names whole seconds, and may have come through a proxy."""
    return abs(ahead_s) <= LITTLE_S


def _date(text: str) -> float | None:
    """RFC 9110, 5.6.7: whole seconds, GMT."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
