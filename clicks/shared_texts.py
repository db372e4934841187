"""Texts that many click records share, each kept in Redis once a week: what a visitor's browser or an ad says.

A record refers to a text by the hash of it. A redirector refers only to texts that Redis has confirmed, and writes
those it refers to again and again; a text it cannot share stays in the record. The texts of a week are one hash, which
lives longer than the week's clicks. Because a text is named by what it says, whoever knows it can put it back.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import structlog

from clicks.dictionary import Dictionaries
from clicks.keys import TEXTS
from clicks.record_layout import REFERENCE_BYTES, VERSION, Text

WEEK_S = 7 * 86_400
MIN_USES = 16  # below this a text of its own takes more than it spares
MAX_SHARED = 20_000  # per process: anybody can send many user agents often
MAX_TEXT_BYTES = 1_024
AT_ONCE = 200  # texts in one command: half a millisecond of Redis
GRACE_S = 2 * WEEK_S  # a text outlives its week's last click by one week
MAX_REMEMBERED = 50_000
_FRAME_VERSION = bytes((VERSION,))

log = structlog.get_logger()


def texts_key(week: int) -> bytes:
    """The hash of a week's texts; `week` counts from 1970."""
    return TEXTS + str(week).encode()


def _week_of(seconds: float) -> int:
    return int(seconds // WEEK_S)


def text_reference(text: bytes) -> bytes:
    """What a record says instead of a text."""
    return blake2b(text, digest_size=REFERENCE_BYTES).digest()


class SharedTexts:
    """A redirector's texts: puts those that are used often into Redis and keeps them there."""

    def __init__(self, redis: Any, retention_s: int, clock: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._lifetime_s = retention_s + GRACE_S
        self._clock = clock
        self._shared: dict[bytes, list[Text]] = {}  # by reference; one text may be remembered for several platforms
        self._week = self._current_week()
        self._turn = 0  # where the next renewal begins
        self._marker = secrets.token_bytes(REFERENCE_BYTES + 1)  # longer than any reference
        self._lock = asyncio.Lock()

    @property
    def witness(self) -> tuple[bytes, bytes]:
        """A hash and a field that exist as long as Redis holds what records refer to; no field while none does."""
        return texts_key(self._week), self._marker if self._shared else b""

    async def keep(self, wanted: Sequence[Text]) -> None:
        """Share these, which many records hold, and renew some of those that are shared. To be called each second.

        Raises:
            redis.exceptions.RedisError, OSError: Redis is away or refuses; what is not shared stays in the records.
        """
        async with self._lock:
            if self._week != self._current_week():
                self._begin_week()
            texts = [text for text in wanted if text.reference is None and len(text.text) <= MAX_TEXT_BYTES]
            for start in range(0, min(len(texts), MAX_SHARED - len(self._shared)), AT_ONCE):
                await self._share(texts[start : start + AT_ONCE])
            await self._renew(AT_ONCE)

    async def put_back(self) -> None:
        """Redis has lost texts that records refer to: write all of them."""
        async with self._lock:
            self._turn = 0
            await self._renew(len(self._shared))

    async def _renew(self, count: int) -> None:
        references = list(self._shared)
        if self._turn >= len(references):
            self._turn = 0
        for start in range(self._turn, min(self._turn + count, len(references)), AT_ONCE):
            await self._share([self._shared[reference][0] for reference in references[start : start + AT_ONCE]])
        self._turn += count

    async def _share(self, texts: list[Text]) -> None:
        key = texts_key(self._week)
        kept = {text_reference(text.text): _FRAME_VERSION + text.frame for text in texts}
        pipe = self._redis.pipeline(transaction=False)
        pipe.hset(key, self._marker, b"")
        for reference, value in kept.items():
            pipe.hsetnx(key, reference, value)
        pipe.expire(key, self._lifetime_s)
        pipe.hmget(key, list(kept))
        there = dict(zip(kept, (await pipe.execute())[-1], strict=True))
        for text in texts:
            reference = text_reference(text.text)
            if there[reference] == kept[reference]:
                self._refer(text, reference)
            else:  # another text has this reference
                for each in self._shared.pop(reference, ()):
                    each.reference = None

    def _refer(self, text: Text, reference: bytes) -> None:
        text.reference = reference
        sharing = self._shared.setdefault(reference, [])
        if not any(each is text for each in sharing):
            sharing.append(text)

    def _begin_week(self) -> None:
        """Nothing is confirmed in the new week's hash yet."""
        self._week = self._current_week()
        for texts in self._shared.values():
            for text in texts:
                text.reference, text.uses = None, 0
        self._shared.clear()

    def _current_week(self) -> int:
        return _week_of(self._clock())


class TextReader:
    """Fetches the texts that records refer to, and remembers them."""

    def __init__(self, redis: Any) -> None:
        self._redis = redis
        self._dictionaries = Dictionaries()
        self._known: dict[bytes, bytes] = {}

    async def read(self, wanted: Iterable[tuple[bytes, int]]) -> Mapping[bytes, bytes]:
        """Reference -> text, for references and the times of their clicks in ms; what is lost is left out."""
        weeks = {reference: _week_of(at_ms / 1000) for reference, at_ms in wanted}
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        for earlier in (0, 1):  # a redirector may begin a new week a second late
            missing: dict[int, list[bytes]] = {}
            for reference, week in weeks.items():
                if reference not in self._known:
                    missing.setdefault(week - earlier, []).append(reference)
            if missing:
                await self._fetch(missing)
        found = {reference: self._known[reference] for reference in weeks if reference in self._known}
        if len(found) < len(weeks):
            log.error("texts of clicks are gone from Redis: their browser or ad is lost", texts=len(weeks) - len(found))
        return found

    async def _fetch(self, missing: Mapping[int, Sequence[bytes]]) -> None:
        """Remember what the hashes hold; `missing` is references by week."""
        pipe = self._redis.pipeline(transaction=False)
        for week, references in missing.items():
            pipe.hmget(texts_key(week), list(references))
        for references, values in zip(missing.values(), await pipe.execute(), strict=True):
            for reference, value in zip(references, values, strict=True):
                if value is not None:
                    self._known[reference] = self._dictionaries.decompress(value[1:], value[0])
