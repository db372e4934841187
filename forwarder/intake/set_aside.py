"""What was read as absent although something stood there: counted, so that an app's developer learns of it.

Readers of values call `note`; whoever serves a request collects what was noted meanwhile (`set_aside_counts`).
"""

from contextvars import ContextVar
from typing import Final

PLACEHOLDER: Final = "placeholder"
NOT_PUBLIC: Final = "not_public"
NO_ADDRESS: Final = "not_an_address"
NO_TIME: Final = "impossible_time"
UNKNOWN_COUNTRY: Final = "unknown_country"
UNKNOWN_ZONE: Final = "unknown_time_zone"
LOST_DIGITS: Final = "lost_digits"
NO_ANSWER: Final = "not_an_answer"
NO_CATEGORY: Final = "not_a_category"
HALF_CHARACTER: Final = "half_a_surrogate_pair"

Noted = dict[tuple[str, str], int]
"""(field, reason) -> how often."""

_noted: ContextVar[Noted | None] = ContextVar("noted", default=None)


def note(field: str, reason: str) -> None:
    """This field's value was set aside. Does nothing where nobody collects."""
    noted = _noted.get()
    if noted is not None:
        noted[field, reason] = noted.get((field, reason), 0) + 1


class noting:
    """What is noted inside the block. No generator: that would take as long as reading an event."""

    __slots__ = ("_token",)

    def __enter__(self) -> Noted:
        noted: Noted = {}
        self._token = _noted.set(noted)
        return noted

    def __exit__(self, *_: object) -> None:
        _noted.reset(self._token)
