"""The texts that records refer to, fetched once and remembered."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog

from clicks.dictionary import Dictionaries
from clicks.shared_strings import read_frame, texts_key, week_of

MAX_REMEMBERED = 50_000
SAY_AGAIN_S = 10.0

log = structlog.get_logger()


class SharedStringReader:
    """Fetches the texts that records refer to, and remembers them."""

    def __init__(self, redis: Any) -> None:
        self._redis = redis
        self._dictionaries = Dictionaries()
        self._known: dict[tuple[int, bytes], bytes] = {}  # by week and reference
        self._said_at = -SAY_AGAIN_S

    async def read(self, wanted: Iterable[tuple[bytes, int]]) -> Mapping[bytes, bytes]:
        """Reference -> text, for references and the times of their clicks in ms; what is lost is left out."""
        asked = {(week_of(at_ms / 1000), reference) for reference, at_ms in wanted}
        found: dict[bytes, bytes] = {}
        for off in (0, -1, 1):  # a redirector begins a week up to a second late, or early if its clock is set back
            fields = [(week + off, reference) for week, reference in asked if reference not in found]
            # held here, not looked up again: what is remembered may be forgotten while Redis is asked
            known = {field: self._known[field] for field in fields if field in self._known}
            known |= await self._fetch([field for field in fields if field not in known])
            found |= {reference: text for (_, reference), text in known.items()}
        if lost := {reference for _, reference in asked} - found.keys():
            self._say(len(lost))
        return found

    async def _fetch(self, fields: Sequence[tuple[int, bytes]]) -> dict[tuple[int, bytes], bytes]:
        """What the hashes hold of these weeks and references; it is remembered."""
        if not fields:
            return {}
        by_week: dict[int, list[bytes]] = {}
        for week, reference in fields:
            by_week.setdefault(week, []).append(reference)
        pipe = self._redis.pipeline(transaction=False)
        for week, references in by_week.items():
            pipe.hmget(texts_key(week), references)
        fetched = {
            (week, reference): read_frame(self._dictionaries, frame)
            for (week, references), frames in zip(by_week.items(), await pipe.execute(), strict=True)
            for reference, frame in zip(references, frames, strict=True)
            if frame is not None
        }
        if len(self._known) + len(fetched) > MAX_REMEMBERED:
            self._known.clear()
        self._known |= fetched
        return fetched

    def _say(self, texts: int) -> None:
        now = time.monotonic()
        if now - self._said_at >= SAY_AGAIN_S:  # an export reads thousands of addresses
            self._said_at = now
            log.error("texts of clicks are gone from Redis: their browser or ad is lost", texts=texts)
