"""What redirectors write to Redis in one go, and the calls of `apply.lua` that do so."""

from collections.abc import Sequence
from typing import Any

import msgspec

from clicks.click_id import RANDOM_BYTES, ClickId, unpack_click_id
from clicks.keys import APPLIED, APPLIED_LIFETIME_S, CLICKS, COUNTS
from clicks.record_layout import POINTER

ADDRESS_HASH_BYTES = 6
NO_COUNTS = -1
NO_TEXTS = (COUNTS, b"")  # some key of the counts' slot, and nothing to look for in it


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One member of one sorted set: the key, its time in ms, the record."""

    key: bytes
    at_ms: int
    record: bytes


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """Rows and counts that are applied once, however often they are sent: `writer` and `number` name the batch."""

    writer: str
    number: int
    rows: list[Row]
    counts: dict[str, int]  # field of the counts hash -> visits


Call = list[Any]  # of apply.lua: number of keys, keys, arguments


def apply_call(batch: Batch, lifetime_s: int, texts: tuple[bytes, bytes] = NO_TEXTS) -> Call:
    """The call of `apply.lua` for a whole batch. On a cluster its keys must lie in one slot, the counts'.

    `texts` as `SharedStrings.witness` has it.
    """
    rows, counts = batch.rows, batch.counts
    call: Call = [3 + len(rows), COUNTS, APPLIED + batch.writer.encode(), texts[0]]
    call += [row.key for row in rows]
    call += (lifetime_s, APPLIED_LIFETIME_S, batch.number, texts[1], len(counts))
    for count in counts.items():
        call += count
    for row in rows:
        call += (row.at_ms, row.record)
    return call


def rows_call(rows: Sequence[Row], lifetime_s: int) -> Call:
    """The call of `apply.lua` for rows of one slot, without counts."""
    # the three leading keys belong to counts and texts; here they only have to lie in the same slot
    keys = [*[rows[0].key] * 3, *(row.key for row in rows)]
    values = [part for row in rows for part in (row.at_ms, row.record)]
    return [len(keys), *keys, lifetime_s, APPLIED_LIFETIME_S, NO_COUNTS, b"", 0, *values]


def clicks_key(address_hash: int) -> bytes:
    """The sorted set of an address."""
    return CLICKS + address_hash.to_bytes(ADDRESS_HASH_BYTES)


def address_hash_of(key: bytes) -> int:
    """The hash that `clicks_key` was given."""
    return int.from_bytes(key[len(CLICKS) :])


def click_of(row: Row) -> ClickId:
    """The click that a row holds, or points to."""
    if row.record[0] == POINTER:
        return unpack_click_id(row.record[1:])
    return ClickId(row.at_ms, address_hash_of(row.key), row.record[1 : 1 + RANDOM_BYTES])
