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
from weakref import ReferenceType, ref

import structlog

from clicks.dictionary import Dictionaries
from clicks.keys import TEXTS
from clicks.record_layout import REFERENCE_BYTES, VERSION, Text

WEEK_S = 7 * 86_400
MIN_USES = 16  # below this a text of its own takes more than it spares
MAX_SHARED = 20_000  # per process: anybody can send many user agents often
MAX_TEXT_BYTES = 1_024
AT_ONCE = 100  # texts in one command: half a millisecond of a redirector
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
        # by reference; one text may be remembered for several platforms, and be forgotten by whoever made records of it
        self._shared: dict[bytes, list[ReferenceType[Text]]] = {}
        self._lost: list[Text] = []  # that Redis has to get again
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
            if self._week != self._current_week():  # nothing is confirmed in the new week's hash yet
                self._week = self._current_week()
                self._forget()
            await self._share_lost()
            texts = [text for text in wanted if text.reference is None and len(text.text) <= MAX_TEXT_BYTES]
            for start in range(0, min(len(texts), MAX_SHARED - len(self._shared)), AT_ONCE):
                await self._share(texts[start : start + AT_ONCE])
            await self._renew()
            await self._share_lost()

    async def put_back(self) -> None:
        """Redis has lost texts that records refer to: write them again. Until they are there no record refers to them.

        Cancelled or failed, the next `keep` goes on with it.
        """
        self._lost += self._forget()
        async with self._lock:
            await self._share_lost()

    async def _share_lost(self) -> None:
        while texts := self._lost[:AT_ONCE]:
            await self._share(texts)
            del self._lost[: len(texts)]

    async def _renew(self) -> None:
        """Some of those that are shared, the others in the calls that follow."""
        references = list(self._shared)
        self._turn = self._turn if self._turn < len(references) else 0
        texts = [self._remembered(reference) for reference in references[self._turn : self._turn + AT_ONCE]]
        self._turn += AT_ONCE
        if live := [each[0] for each in texts if each]:
            await self._share(live)

    async def _share(self, texts: Sequence[Text]) -> None:
        kept = {text_reference(text.text): _FRAME_VERSION + text.frame for text in texts}
        there = await self._there(kept)
        if there[self._marker] is None:  # the first, or all that was there is lost
            self._lost += self._forget()
        missing = [reference for reference in kept if there[reference] is None]
        if missing or there[self._marker] is None:
            there |= await self._write({reference: kept[reference] for reference in missing})
        for text in texts:
            reference = text_reference(text.text)
            if there[reference] == kept[reference]:
                self._refer(text, reference)
            else:  # another text has this reference
                for each in self._remembered(reference):
                    each.reference = None
                self._shared.pop(reference, None)

    async def _there(self, references: Iterable[bytes]) -> dict[bytes, bytes | None]:
        """What Redis holds for these references, and for the marker. One command: many would hold redirects up."""
        fields = [self._marker, *references]
        return dict(zip(fields, await self._redis.hmget(texts_key(self._week), fields), strict=True))

    async def _write(self, values: Mapping[bytes, bytes]) -> dict[bytes, bytes | None]:
        """What Redis holds once it was asked to hold these; whoever comes first stays."""
        key = texts_key(self._week)
        pipe = self._redis.pipeline(transaction=False)
        pipe.hset(key, self._marker, b"")
        for reference, value in values.items():
            pipe.hsetnx(key, reference, value)
        pipe.expire(key, self._lifetime_s)
        await pipe.execute()
        return await self._there(values)

    def _refer(self, text: Text, reference: bytes) -> None:
        text.reference = reference
        if not any(each is text for each in self._remembered(reference)):
            self._shared.setdefault(reference, []).append(ref(text))

    def _remembered(self, reference: bytes) -> list[Text]:
        """The texts with this reference that somebody still makes records of."""
        texts = [text for each in self._shared.get(reference, ()) if (text := each()) is not None]
        if texts:
            self._shared[reference] = [ref(text) for text in texts]
        else:
            self._shared.pop(reference, None)
        return texts

    def _forget(self) -> list[Text]:
        """Refer to nothing any more; what was referred to."""
        texts = [text for reference in list(self._shared) for text in self._remembered(reference)]
        for text in texts:
            text.reference, text.uses = None, 0
        self._shared.clear()
        return texts

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
