"""Copies of what lies in Redis, for a backup: key by key, in our own words.

Not by DUMP: what one server's DUMP gives, another's RESTORE refuses where it is older, or Redis beside Valkey. Left
out is what the ledger publishes anew (`{links}`) and what lasts seconds.
"""

import time
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Literal

import msgspec

from clicks.keys import (
    APPLIED,
    CLICKS,
    COUNTS,
    COUNTS_DRAIN_ID,
    COUNTS_DRAINING,
    ERASED,
    LINK_CLICKS,
    NAMES,
    TEXTS,
)

CLICKS_KEY_BYTES = len(CLICKS) + 6
KEYS = 200  # in one round trip
ITEMS = 1_000  # of one key in one piece

Kind = Literal["zset", "hash", "string"]


class KeyCopy(msgspec.Struct, frozen=True, array_like=True):
    """A key, or a piece of it."""

    key: bytes
    kind: Kind
    expires_ms: int
    """Unix time in ms; below 0 = never."""
    items: list[tuple[bytes, Any]]
    """(member, score), (field, value), or (b"", value) of a string."""


# all of one slot, so that a cluster takes it; PEXPIRETIME is Redis 7's
_READ_TOGETHER = """
local found = {}
for i, key in ipairs(KEYS) do
    local kind = redis.call('TYPE', key).ok
    local value = {}
    if kind == 'hash' then value = redis.call('HGETALL', key) end
    if kind == 'string' then value = {'', redis.call('GET', key)} end
    found[i] = {kind, redis.call('PEXPIRETIME', key), value}
end
return found
"""


async def copied_clicks(redis: Any) -> AsyncIterator[KeyCopy]:
    """Clicks, then what their records refer to: a text is there before the first record that names it."""
    async for keys in _keys(redis, CLICKS + b"*"):
        async for copy in _zsets(redis, [key for key in keys if len(key) == CLICKS_KEY_BYTES]):
            yield copy
    async for keys in _keys(redis, TEXTS + b"*"):
        for key in keys:
            async for copy in _hash(redis, key):
                yield copy
    for key in (NAMES, LINK_CLICKS):
        async for copy in _hash(redis, key):
            yield copy
    async for keys in _keys(redis, ERASED + b"*"):
        for copy in await _strings(redis, keys):
            yield copy


async def copied_counts(redis: Any) -> list[KeyCopy]:
    """The counts that no drain has brought to the ledger and the batches they hold, all of one moment."""
    applied = [key async for keys in _keys(redis, APPLIED + b"*") for key in keys]
    names = [COUNTS, COUNTS_DRAINING, COUNTS_DRAIN_ID, *applied]
    copies = []
    for key, (kind, expires_ms, flat) in zip(names, await redis.eval(_READ_TOGETHER, len(names), *names), strict=True):
        if kind != b"none":
            copies.append(KeyCopy(key, kind.decode(), expires_ms, list(zip(flat[::2], flat[1::2], strict=True))))
    return copies


async def holds_nothing(redis: Any) -> bool:
    """Whether there is no key of those that a copy has."""
    for family in (CLICKS, ERASED, TEXTS, APPLIED):
        async for keys in _keys(redis, family + b"*"):
            if family != CLICKS or any(len(key) == CLICKS_KEY_BYTES for key in keys):
                return False
    for key in (COUNTS, COUNTS_DRAINING, NAMES, LINK_CLICKS):
        if await redis.exists(key):
            return False
    return True


async def put_back(redis: Any, copies: Iterable[KeyCopy]) -> int:
    """Write copies, many in a round trip; how many keys or pieces. What has expired since stays away."""
    now_ms = int(time.time() * 1000)
    waiting: list[KeyCopy] = []
    written = weight = 0
    for copy in copies:
        if copy.items and not 0 <= copy.expires_ms <= now_ms:
            waiting.append(copy)
            weight += len(copy.items)
        if weight >= ITEMS:
            written += await _write(redis, waiting)
            waiting, weight = [], 0
    return written + await _write(redis, waiting)


async def _write(redis: Any, copies: Sequence[KeyCopy]) -> int:
    pipe = redis.pipeline(transaction=False)
    for copy in copies:
        if copy.kind == "zset":
            pipe.zadd(copy.key, dict(copy.items))
        elif copy.kind == "hash":
            pipe.hset(copy.key, mapping=dict(copy.items))
        else:
            pipe.set(copy.key, copy.items[0][1])
        if copy.expires_ms >= 0:
            pipe.pexpireat(copy.key, copy.expires_ms)
    if copies:
        await pipe.execute()
    return len(copies)


async def _keys(redis: Any, pattern: bytes) -> AsyncIterator[list[bytes]]:
    keys: list[bytes] = []
    async for key in redis.scan_iter(match=pattern, count=KEYS):
        keys.append(key)
        if len(keys) >= KEYS:
            yield keys
            keys = []
    if keys:
        yield keys


async def _zsets(redis: Any, keys: Sequence[bytes]) -> AsyncIterator[KeyCopy]:
    pipe = redis.pipeline(transaction=False)
    for key in keys:
        pipe.pexpiretime(key)
        pipe.zscan(key, 0, count=ITEMS)
    answers = await pipe.execute() if keys else []
    for key, expires_ms, (first, members) in zip(keys, answers[::2], answers[1::2], strict=True):
        yield _zset(key, expires_ms, members)
        cursor = first
        while cursor:
            cursor, more = await redis.zscan(key, cursor, count=ITEMS)
            yield _zset(key, expires_ms, more)


def _zset(key: bytes, expires_ms: int, members: Iterable[tuple[bytes, float]]) -> KeyCopy:
    return KeyCopy(key, "zset", expires_ms, [(member, int(score)) for member, score in members])


async def _hash(redis: Any, key: bytes) -> AsyncIterator[KeyCopy]:
    expires_ms = await redis.pexpiretime(key)
    cursor = None
    while cursor != 0:
        cursor, fields = await redis.hscan(key, cursor or 0, count=ITEMS)
        if fields:
            yield KeyCopy(key, "hash", expires_ms, list(fields.items()))


async def _strings(redis: Any, keys: Sequence[bytes]) -> list[KeyCopy]:
    pipe = redis.pipeline(transaction=False)
    for key in keys:
        pipe.pexpiretime(key)
        pipe.get(key)
    answers = await pipe.execute() if keys else []
    return [
        KeyCopy(key, "string", expires_ms, [(b"", value)])
        for key, expires_ms, value in zip(keys, answers[::2], answers[1::2], strict=True)
        if value is not None
    ]
