"""How far somebody has read the live feed: numbers, not times, so that nothing is lost and nothing is shown twice."""

import re
from dataclasses import dataclass
from typing import Final

_CURSOR: Final = re.compile(r"e(\d{1,18})\.a(\d{1,18})\.q(\d{1,11})\.c(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Cursor:
    event_key: int
    attempt_id: int
    quarter_s: int
    """Unix seconds: the beginning of the quarter of an hour from which clicks are counted."""
    clicks: int
    """Seen since then."""

    def __str__(self) -> str:
        return f"e{self.event_key}.a{self.attempt_id}.q{self.quarter_s}.c{self.clicks}"


def parse_cursor(text: str) -> Cursor | None:
    """None for what is none of ours: who comes with it is shown the newest."""
    found = _CURSOR.fullmatch(text)
    return Cursor(*(int(group) for group in found.groups())) if found else None
