"""Clicks of the live feed: how many a link had since it was looked at last.

They are taken from where a worker adds them up every second, by quarter of an hour and link: a line per click
would cost the redirect a write more. Clicks that come late, out of a spool, to a quarter long gone are no news.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from admin.feed_cursor import Cursor

QUARTER_S: Final = 900
QUARTERS_BACK: Final = 2

Counts = Mapping[tuple[int, str], int]
"""(begin of the quarter in Unix s, link) -> clicks."""


class ClickCounts:
    def __init__(self, now: datetime) -> None:
        self.since_s = _base(now)
        """Unix seconds from which clicks are counted."""
        self._known: dict[tuple[int, str], int] = {}

    @property
    def total(self) -> int:
        return sum(self._known.values())

    def update(self, found: Counts, now: datetime) -> dict[str, int]:
        """Link -> its clicks since the last time, given those since `since_s`."""
        new: Counter[str] = Counter()
        for (quarter_s, link), clicks in found.items():
            new[link] += max(clicks - self._known.get((quarter_s, link), 0), 0)
        self.since_s = max(self.since_s, _base(now))
        self._known = {key: clicks for key, clicks in found.items() if key[0] >= self.since_s}
        return {link: clicks for link, clicks in new.items() if clicks}

    def since(self, quarter_s: int, until: Cursor) -> int:
        """Clicks of quarters from this one on, as far as `until` has told of them: it was the last to be told."""
        if quarter_s <= until.quarter_s:
            return until.clicks
        return sum(clicks for (begin, _), clicks in self._known.items() if begin >= quarter_s)

    def lines(self) -> Iterator[tuple[datetime, str, int]]:
        """(begin of the quarter, link, clicks) of what is known."""
        for (quarter_s, link), clicks in self._known.items():
            if clicks:
                yield datetime.fromtimestamp(quarter_s, UTC), link, clicks


def _base(now: datetime) -> int:
    return (int(now.timestamp()) // QUARTER_S - QUARTERS_BACK) * QUARTER_S
