"""The clicks of a backtest on their way into the scratch store, in the order of the file."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final, Protocol

import msgspec

from backtest.asked import Asked
from backtest.dated_index import DAY_MS, DatedIndex
from backtest.lines import MAX_DISORDER_MS, ClickLine
from backtest.visit_reader import ADDRESS_KEY, RecordedVisitReader, click_id_of
from clicks.batch import Batch, Row
from clicks.store import ClickStore

STRETCH: Final = 500  # lines that are stored at once
AHEAD_MS: Final = DAY_MS
"""How far the clicks may be ahead of the installs."""
RETENTION_DAYS: Final = 28  # CLICK_RETENTION_DAYS as it ships
UNCOUNTED: Final = -1  # a batch that counts no visits
INTERNAL_IDS, GIVEN_IDS = b"internal", b"given"
"""The index's books: the file's own click ids -> those of the scratch store, and back."""


class Progress(msgspec.Struct, frozen=True):
    """What one stretch came to."""

    until_ms: int
    """Its last line's time, Unix time in ms."""
    clicks: int
    visits: int
    """Lines that are no person's."""
    days: tuple[int, ...]
    """Of the clicks that have an id of their own."""


class Feed(Protocol):
    """Where a backtest's clicks come from."""

    async def advance(self, until_ms: int) -> Sequence[Progress]:
        """Return when every click up to this time is stored; what has been stored since the last call.

        Raises:
            Refused: the file cannot be read, or a line of it.
        """


class ClickFeed:
    """Stores the visits that are clicks, and forgets those that production would have forgotten."""

    def __init__(
        self,
        redis: Any,
        reader: RecordedVisitReader,
        clicks: Iterator[tuple[int, ClickLine]],
        asked: Asked | None = None,
    ) -> None:
        """`asked`: what the installs can ask for; other visits are only counted. None = not known."""
        self._store = ClickStore(redis, (ADDRESS_KEY,), RETENTION_DAYS)
        self._index = DatedIndex(redis)
        self._reader, self._clicks, self._asked = reader, clicks, asked
        self._until_ms = -1
        self._oldest_ms: int | None = None  # that may still be stored

    async def advance(self, until_ms: int) -> Sequence[Progress]:
        """See `Feed`."""
        stored: list[Progress] = []
        while self._until_ms <= until_ms and (progress := await self.store_stretch()) is not None:
            stored.append(progress)
        return stored

    async def store_stretch(self) -> Progress | None:
        """Store the next lines; None where there are no more."""
        lines = list(islice(self._clicks, STRETCH))
        if not lines:
            return None
        await self._forget_before(lines[0][0] - AHEAD_MS - RETENTION_DAYS * DAY_MS)
        kept, clicks = self._opened(lines)
        if kept:
            await self._store.apply(Batch("", UNCOUNTED, [row for _, rows in kept for row in rows], {}))
            if self._oldest_ms is None:
                self._oldest_ms = kept[0][1][0].at_ms - MAX_DISORDER_MS
        days = await self._note_ids(kept)
        self._until_ms = lines[-1][0]
        return Progress(self._until_ms, clicks, len(lines) - clicks, days)

    def _opened(self, lines: Sequence[tuple[int, ClickLine]]) -> tuple[list[tuple[ClickLine, tuple[Row, ...]]], int]:
        """The clicks to be stored with their rows, and how many clicks there were."""
        kept: list[tuple[ClickLine, tuple[Row, ...]]] = []
        left_out = 0
        for at_ms, line in lines:
            if self._asked is not None and not self._asked.may_concern(line):
                left_out += self._reader.is_person(line)
            elif rows := self._reader.open(line, at_ms):
                kept.append((line, rows))
        return kept, len(kept) + left_out

    async def _note_ids(self, kept: Sequence[tuple[ClickLine, tuple[Row, ...]]]) -> tuple[int, ...]:
        named = [
            (rows[0].at_ms, line.click_id.encode(), click_id_of(rows[0]).encode())
            for line, rows in kept
            if line.click_id
        ]
        if named:
            await self._index.note(INTERNAL_IDS, named)
            await self._index.note(GIVEN_IDS, [(at_ms, internal, given) for at_ms, given, internal in named])
        return tuple({at_ms // DAY_MS for at_ms, _, _ in named})

    async def _forget_before(self, at_ms: int) -> None:
        if self._oldest_ms is None or self._oldest_ms // DAY_MS >= at_ms // DAY_MS:
            return
        self._oldest_ms = at_ms
        await self._index.forget_before(at_ms)
        await self._index.forget_clicks_before(at_ms)
