"""One open feed: what waits for it, how far it has read, and why it ends."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from admin.feed_cursor import Cursor
from admin.feed_items import FeedItem
from admin.users import Role

MOST_WAITING: Final = 20  # batches; of a reader that is slower, the oldest are counted and dropped

End = Literal["", "signed-out", "stopping"]


@dataclass(frozen=True, slots=True)
class Batch:
    """What became final at once."""

    items: tuple[FeedItem, ...]
    """Newest first."""
    cursor: Cursor
    """Who has read this has read up to here."""
    hidden: int = 0
    """Further items that are not shown, as they were too many."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose feed it is."""

    token_hash: bytes
    role: Role


class Reader:
    """Given batches by the feed of its app, read by whoever sends them."""

    def __init__(self, bearer: Bearer, read: Cursor) -> None:
        """`read` is how far it had read before; another process may have been ahead of this one."""
        self.bearer = bearer
        self.end: End = ""
        self._read = read
        self._ahead = 0  # clicks that it was shown before this process saw them
        self._waiting: deque[Batch] = deque()
        self._changed = asyncio.Event()

    def is_ahead_by(self, clicks: int) -> None:
        self._ahead = clicks

    def moved_to(self, cursor: Cursor) -> Cursor:
        """How far it has read, who may have read further elsewhere."""
        return Cursor(
            max(self._read.event_key, cursor.event_key),
            max(self._read.attempt_id, cursor.attempt_id),
            cursor.quarter_s,
            cursor.clicks + self._ahead,
        )

    def put(self, batch: Batch) -> None:
        items = tuple(self._unread(batch.items))
        if not items and not batch.hidden:
            return
        self._waiting.append(Batch(items, self.moved_to(batch.cursor), batch.hidden))
        while len(self._waiting) > MOST_WAITING:
            gone = self._waiting.popleft()
            first = self._waiting[0]
            self._waiting[0] = replace(first, hidden=first.hidden + gone.hidden + len(gone.items))
        self._changed.set()

    def finish(self, why: End) -> None:
        self.end = self.end or why
        self._changed.set()

    async def next(self) -> Batch | None:
        """The next batch, once there is one; None at the end."""
        while not self._waiting:
            if self.end:
                return None
            self._changed.clear()
            await self._changed.wait()
        return self._waiting.popleft()

    def _unread(self, items: Iterable[FeedItem]) -> Iterable[FeedItem]:
        for item in items:
            if item.kind == "click":
                shown = self._less_ahead(item)
                if shown is not None:
                    yield shown
            elif item.number > (self._read.attempt_id if item.kind == "delivery" else self._read.event_key):
                yield item

    def _less_ahead(self, item: FeedItem) -> FeedItem | None:
        skipped = min(self._ahead, item.total)
        self._ahead -= skipped
        if not skipped:
            return item
        return replace(item, total=item.total - skipped, links={}) if item.total > skipped else None
