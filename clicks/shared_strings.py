"""Texts that many click records share, each kept in Redis once a week: what a visitor's browser or an ad says.

A record refers to a text by the hash of it. A redirector refers only to texts that Redis has confirmed, and writes
those it refers to again and again; a text it cannot share stays in the record. The texts of a week are one hash, which
lives longer than the week's clicks. Because a text is named by what it says, whoever knows it can put it back.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Any
from weakref import ReferenceType, ref

from clicks.dictionary import Dictionaries
from clicks.keys import TEXTS
from clicks.record_layout import REFERENCE_BYTES, VERSION, Text

WEEK_S = 7 * 86_400
MIN_USES = 16  # below this a text of its own takes more than it spares
MAX_SHARED = 20_000  # per process: anybody can send many user agents often
MAX_TEXT_BYTES = 1_024
RENEWED_AT_ONCE = 25  # each second
LOST_AT_ONCE = 300  # put back while a visitor waits: a few milliseconds
AT_ONCE = 100  # texts in one command: half a millisecond of a redirector
GRACE_S = 2 * WEEK_S  # a text outlives its week's last click by one week
_FRAME_VERSION = bytes((VERSION,))


def texts_key(week: int) -> bytes:
    """The hash of a week's texts; `week` counts from 1970."""
    return TEXTS + str(week).encode()


def week_of(seconds: float) -> int:
    """The week of a Unix time."""
    return int(seconds // WEEK_S)


def text_reference(text: bytes) -> bytes:
    """What a record says instead of a text."""
    return blake2b(text, digest_size=REFERENCE_BYTES).digest()


def read_frame(dictionaries: Dictionaries, frame: bytes) -> bytes:
    """The text of a frame behind its version."""
    return dictionaries.decompress(frame[1:], frame[0])


class SharedStrings:
    """A redirector's texts: puts those that are used often into Redis and keeps them there."""

    def __init__(self, redis: Any, retention_s: int, clock: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._lifetime_s = retention_s + GRACE_S
        self._clock = clock
        # by reference; one text may be remembered for several platforms, and be forgotten by whoever made records of it
        self._shared: dict[bytes, list[ReferenceType[Text]]] = {}
        self._lost: list[Text] = []  # that Redis has to confirm or to get again
        self._doubts = 0
        self._is_marked = False
        self._dictionaries = Dictionaries()
        self._week = self._current_week()
        self._turn = 0  # where the next renewal begins
        self._marker = secrets.token_bytes(REFERENCE_BYTES + 1)  # longer than any reference
        self._lock = asyncio.Lock()

    @property
    def witness(self) -> tuple[bytes, bytes]:
        """A hash and a field that exist as long as Redis holds what records refer to; no field while that is open."""
        return texts_key(self._week), self._marker if self._is_marked and self._shared else b""

    @property
    def has_lost(self) -> bool:
        """Whether records may refer to texts that Redis does not hold."""
        return bool(self._lost)

    async def keep(self, wanted: Sequence[Text]) -> None:
        """Share these, which many records hold, and renew some of those that are shared. To be called each second.

        Raises:
            redis.exceptions.RedisError, OSError: Redis is away or refuses; what is not shared stays in the records.
        """
        async with self._lock:
            if self._week != self._current_week():  # nothing is confirmed in the new week's hash yet
                self._week = self._current_week()
                self._forget()
            await self._share_lost(len(self._lost))
            texts = [text for text in wanted if text.reference is None and len(text.text) <= MAX_TEXT_BYTES]
            for start in range(0, min(len(texts), MAX_SHARED - len(self._shared)), AT_ONCE):
                await self._share(texts[start : start + AT_ONCE])
            await self._renew()
            await self._share_lost(len(self._lost))
            await self._mark()

    async def put_back(self, is_gone: bool) -> None:
        """Write again what Redis has lost, or may have; `is_gone`: the witness is not there.

        Until they are there, no new record refers to them. A visitor waits for this, so beyond LOST_AT_ONCE texts the
        next `keep` does the rest, and so it does what was cancelled or failed.
        """
        if is_gone:
            self.doubt()
        async with self._lock:
            await self._share_lost(LOST_AT_ONCE)
            await self._mark()

    def doubt(self) -> None:
        """Redis failed: whatever it is when it answers again, it has to confirm anew what records refer to."""
        self._doubts += 1
        self._lost += self._forget()

    async def _share_lost(self, count: int) -> None:
        """This many of them; what is lost meanwhile waits for the next time."""
        while count > 0 and (texts := self._lost[: min(count, AT_ONCE)]):
            await self._share(texts)
            del self._lost[: len(texts)]
            count -= len(texts)

    async def _mark(self) -> None:
        """Have the witness stand for all that is shared: only once nothing of it is missing."""
        if not self._shared or self._lost or self._is_marked:
            return
        doubts, key = self._doubts, texts_key(self._week)
        pipe = self._redis.pipeline(transaction=False)
        pipe.hset(key, self._marker, b"")
        pipe.expire(key, self._lifetime_s)
        pipe.hlen(key)
        *_, there = await pipe.execute()
        if there <= len(self._shared):  # what was confirmed a moment ago is lost: the mark may stand alone
            self.doubt()
        elif doubts == self._doubts:
            self._is_marked = True

    async def _renew(self) -> None:
        """Some of those that are shared, the others in the calls that follow."""
        references = list(self._shared)
        self._turn = self._turn if self._turn < len(references) else 0
        texts = [self._remembered(reference) for reference in references[self._turn : self._turn + RENEWED_AT_ONCE]]
        self._turn += RENEWED_AT_ONCE
        if live := [each[0] for each in texts if each]:
            await self._share(live)

    async def _share(self, texts: Sequence[Text]) -> None:
        kept = {text_reference(text.text): text for text in texts}
        doubts = self._doubts
        there = await self._there(kept)
        if doubts == self._doubts and self._is_marked and there[self._marker] is None:
            self.doubt()
            doubts = self._doubts
        if missing := [text for reference, text in kept.items() if there[reference] is None]:
            there |= await self._write(missing)
        for text in texts:
            reference = text_reference(text.text)
            frame = there[reference]
            if frame is None or doubts != self._doubts:  # lost at once, or Redis has failed since
                self._lost.append(text)
            elif self._says(frame, text):
                self._refer(text, reference)

    def _says(self, frame: bytes, text: Text) -> bool:
        """Whether this is the text, and not another one with the same reference."""
        return frame == _FRAME_VERSION + text.frame or read_frame(self._dictionaries, frame) == text.text

    async def _there(self, references: Iterable[bytes]) -> dict[bytes, bytes | None]:
        """What Redis holds for these references, and for the marker. One command: many would hold redirects up."""
        fields = [self._marker, *references]
        return dict(zip(fields, await self._redis.hmget(texts_key(self._week), fields), strict=True))

    async def _write(self, texts: Sequence[Text]) -> dict[bytes, bytes | None]:
        """What Redis holds once it was asked to hold these; whoever comes first stays."""
        key = texts_key(self._week)
        pipe = self._redis.pipeline(transaction=False)
        for text in texts:
            pipe.hsetnx(key, text_reference(text.text), _FRAME_VERSION + text.frame)
        pipe.expire(key, self._lifetime_s)
        await pipe.execute()
        return await self._there([text_reference(text.text) for text in texts])

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
        self._is_marked = False
        return texts

    def _current_week(self) -> int:
        return week_of(self._clock())
