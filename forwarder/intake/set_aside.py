"""What was read as absent although something stood there: counted, so that an app's developer learns of it.

Readers of values call `note`; whoever serves a request collects what was noted meanwhile (`set_aside_counts`).
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

PLACEHOLDER: Final = "placeholder"
NOT_PUBLIC: Final = "not_public"
NO_ADDRESS: Final = "not_an_address"
NO_TIME: Final = "impossible_time"
UNKNOWN_COUNTRY: Final = "unknown_country"
LOST_DIGITS: Final = "lost_digits"
HALF_CHARACTER: Final = "half_a_surrogate_pair"

Noted = Counter[tuple[str, str]]
"""(field, reason) -> how often."""

_noted: ContextVar[Noted | None] = ContextVar("noted", default=None)


def note(field: str, reason: str) -> None:
    """This field's value was set aside. Does nothing where nobody collects."""
    noted = _noted.get()
    if noted is not None:
        noted[field, reason] += 1


@contextmanager
def noting() -> Iterator[Noted]:
    """What is noted inside the block."""
    noted: Noted = Counter()
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)
