"""What the sandbox took, and which of it was sent before.

TikTok drops an event whose (event_source_id, event, event_id) it has seen within 48 h (help page
"event-deduplication"); the answer is code 0 all the same. An event without `event_id` is never a duplicate.
"""

from collections import deque
from collections.abc import Iterator

import msgspec

DEDUPLICATION_S = 48 * 3600

_NO_PAYLOAD = msgspec.Raw(b"null")


class Taken(msgspec.Struct, gc=False):
    """One event as first received, and how often it came."""

    received_at: float
    """Unix seconds of the first sending."""
    request_id: str
    pixel_code: str
    test_event_code: str | None
    event: str
    event_id: str | None
    payload: msgspec.Raw
    """The row of `data[]`, byte for byte."""
    sends: int = 1
    """How often it arrived within 48 h of the first time; 1 = no duplicate."""


class EventStore:
    """The last `keep` events, and the keys of up to `remember` events of the last 48 h."""

    def __init__(self, keep: int, remember: int) -> None:
        self._keep = keep
        self._remember = remember
        self.reset()

    def reset(self) -> None:
        self._events: deque[Taken] = deque()
        # Insertion order is order of time, so what is oldest, and expires first, is always in front.
        self._seen: dict[tuple[str, str, str], Taken] = {}
        self.unique = 0
        self.duplicates = 0

    def take(self, event: Taken) -> bool:
        """Count an event. False when it was a duplicate, which is only counted on the event it repeats."""
        self._expire(event.received_at)
        if event.event_id is not None:
            key = (event.pixel_code, event.event, event.event_id)
            first = self._seen.setdefault(key, event)
            if first is not event:
                first.sends += 1
                self.duplicates += 1
                return False
        self.unique += 1
        self._events.append(event)
        if len(self._events) > self._keep:
            # The key may have to be remembered for longer than the row can be kept.
            self._events.popleft().payload = _NO_PAYLOAD
        return True

    def newest_first(self) -> Iterator[Taken]:
        return reversed(self._events)

    def _expire(self, now: float) -> None:
        seen = self._seen
        while seen:
            key = next(iter(seen))
            if len(seen) < self._remember and seen[key].received_at > now - DEDUPLICATION_S:
                return
            del seen[key]
