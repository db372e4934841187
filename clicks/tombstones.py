"""Tombstones of erased clicks: a spool that still holds such a click must not bring it back.

A tombstone is a hash of the click's id, so that it names nobody. Each is a key of its own, which Redis lets expire and
which lies anywhere on a cluster.
"""

from collections.abc import Collection
from hashlib import blake2b
from typing import Any

from clicks.click_id import ClickId
from clicks.keys import ERASED

HASH_BYTES = 16


async def lay_tombstone(redis: Any, click_id: ClickId, lifetime_s: int) -> None:
    """Have this click stay away for so long, whether it is stored or not."""
    await redis.set(_key(click_id), b"", ex=lifetime_s)


async def erased(redis: Any, click_ids: Collection[ClickId]) -> set[ClickId]:
    """Which of these have a tombstone, in one round trip (to each node of a cluster)."""
    pipe = redis.pipeline(transaction=False)
    for click_id in click_ids:
        pipe.exists(_key(click_id))
    answers = await pipe.execute() if click_ids else []
    return {click_id for click_id, stands in zip(click_ids, answers, strict=True) if stands}


def _key(click_id: ClickId) -> bytes:
    return ERASED + blake2b(click_id.pack(), digest_size=HASH_BYTES).digest()
