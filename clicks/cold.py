"""Clicks that have left Redis for the ledger: how one is named there, and what is kept of it.

A member's key is the click id's 16 bytes in another order, address first: clicks behind one address lie side by side,
in the order of their times.

    46 bits keyed hash of the address | 42 bits time in ms | 40 bits random
"""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import msgspec

from clicks.click_id import PACKED_BYTES, RANDOM_BITS, RANDOM_BYTES, ClickId

TIME_BITS = 42
SLACK_MS = 2 * 3_600_000
"""A click moves this much later than it may: whoever searches the last CLICK_HOT_HOURS finds them in Redis, also a
little late."""
CLOCKS_MS = 600_000  # clocks of worker and reader may differ by this much

_HIGHEST_RANDOM = b"\xff" * RANDOM_BYTES


class ColdMember(msgspec.Struct, frozen=True):
    """What lay in Redis under an address: a click, or a pointer to one that lies under its other address."""

    app_id: str  # '' = its ad is lost
    key: bytes
    record: bytes
    enrichment: bytes | None = None
    """The record of what its bridge page told."""


class Kept(Protocol):
    """A row of the ledger: one member, or a page of them (`clicks.cold_page`)."""

    @property
    def app_id(self) -> str: ...

    @property
    def key(self) -> bytes:
        """Of a page: its first."""

    @property
    def record(self) -> bytes | None: ...

    @property
    def enrichment(self) -> bytes | None: ...

    @property
    def page(self) -> bytes | None: ...


class ColdStore(Protocol):
    """The ledger's part; `ledger.cold_clicks.ColdClicks` is it."""

    async def at(self, keys: Sequence[tuple[date, bytes]]) -> Sequence[Kept]:
        """Whatever may hold the members with these keys, each with the day of its time (UTC)."""

    async def between(self, spans: Sequence[tuple[bytes, bytes, date, date]]) -> Sequence[Kept]:
        """Whatever may hold members between these keys and days, (first, last, first day, last day), all included."""

    def scan(self, first: date, last: date) -> AsyncIterator[Sequence[Kept]]:
        """Everything of these days, both included."""

    async def erase(self, day: date, keys: Sequence[bytes], without: Callable[[bytes], bytes | None]) -> int:
        """Delete members; how many rows changed. `without` gives a page without them, None where it is empty then."""

    async def newest_day(self) -> date | None:
        """The last day that anything is of; None where nothing is there."""


def cold_key(click_id: ClickId) -> bytes:
    """The key of a member: of the click itself, or with its other address's hash of a pointer to it."""
    number = (click_id.address_hash << TIME_BITS | click_id.at_ms) << RANDOM_BITS | int.from_bytes(click_id.random)
    return number.to_bytes(PACKED_BYTES)


def read_cold_key(key: bytes) -> ClickId:
    """The parts of a key that `cold_key` made."""
    number = int.from_bytes(key)
    return ClickId(
        at_ms=number >> RANDOM_BITS & ((1 << TIME_BITS) - 1),
        address_hash=number >> (RANDOM_BITS + TIME_BITS),
        random=(number & ((1 << RANDOM_BITS) - 1)).to_bytes(RANDOM_BYTES),
    )


def cold_span(address_hash: int, since_ms: int, until_ms: int) -> tuple[bytes, bytes, date, date]:
    """The span, as `ColdStore.between` takes it, of the clicks behind an address between two times, both included."""
    highest = (1 << TIME_BITS) - 1
    since_ms, until_ms = min(max(since_ms, 0), highest), min(max(until_ms, 0), highest)
    first = cold_key(ClickId(since_ms, address_hash, bytes(RANDOM_BYTES)))
    last = cold_key(ClickId(until_ms, address_hash, _HIGHEST_RANDOM))
    return first, last, day_of(since_ms), day_of(until_ms)


def day_of(at_ms: int) -> date:
    """The day, in UTC, of a time in ms."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).date()


def end_of(day: date) -> int:
    """The first ms behind a day (UTC)."""
    next_day = day + timedelta(days=1)
    return int(datetime(next_day.year, next_day.month, next_day.day, tzinfo=UTC).timestamp() * 1000)
