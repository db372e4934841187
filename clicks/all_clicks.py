"""Clicks wherever they lie: the last days in Redis, older ones in the ledger."""

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from clicks.address import packed_address
from clicks.click_id import ClickId, click_ids_in, parse_click_id, unpack_click_id
from clicks.cold import (
    CLOCKS_MS,
    SLACK_MS,
    ColdMember,
    ColdStore,
    Kept,
    cold_key,
    cold_span,
    day_of,
    end_of,
    read_cold_key,
)
from clicks.cold_page import ColdPages
from clicks.decoding import enriched
from clicks.record import Click
from clicks.record_layout import POINTER
from clicks.store import ClickStore, seen_at

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
NEWEST_FOR_MS = 60_000  # how long it is believed what the newest day in the ledger is

Request = tuple[str, int, int]
"""(address, since, until) in ms, both included."""


class ClickReader(Protocol):
    """What matching asks of clicks."""

    async def get_many(self, click_ids: Sequence[str]) -> list[Click | None]: ...

    async def find_many(self, requests: Sequence[Request], limit: int = 1000) -> list[list[Click]]: ...

    async def is_draining(self) -> bool: ...


class AllClicks:
    """Reads and erases clicks in both places.

    Redis is asked first: a click is in the ledger before it leaves Redis, so whoever misses it there finds it here. One
    that lies in both is one. Beside what `ClickStore` raises, methods raise what the ledger does.
    """

    def __init__(
        self, hot: ClickStore, cold: ColdStore, hot_hours: int, clock: Callable[[], float] = time.time
    ) -> None:
        """`hot_hours`: no younger click moves to the ledger. Those that moved while it was less are found, too."""
        self.hot = hot
        self._cold = cold
        self._pages = ColdPages()
        self._hot_ms = hot_hours * HOUR_MS + SLACK_MS - CLOCKS_MS
        self._clock = clock
        self._newest: date | None = None
        self._newest_until_ms = 0

    async def enrich(self, click_id: str, facts: Mapping[str, Any]) -> bool:
        """As `ClickStore.enrich`; it may move after its click."""
        return await self.hot.enrich(click_id, facts)

    async def get(self, click_id: str) -> Click | None:
        """The click with this id; None where it is not one of ours, or its retention is over."""
        return (await self.get_many([click_id]))[0]

    async def get_many(self, click_ids: Sequence[str]) -> list[Click | None]:
        """`get` for several ids at once."""
        found = await self.hot.get_many(click_ids)
        missed = [parse_click_id(text) for text, click in zip(click_ids, found, strict=True) if click is None]
        parsed = [one for one in missed if one is not None]
        hot_since_ms = await self._hot_since_ms() if parsed else 0
        cold = await self._get_cold([one for one in parsed if one.at_ms < hot_since_ms])
        return [cold.get(text) if click is None else click for text, click in zip(click_ids, found, strict=True)]

    async def find(self, address: str, since_ms: int, until_ms: int, limit: int = 1000) -> list[Click]:
        """Clicks from this address (or its /64) between the times, both included, newest first."""
        return (await self.find_many([(address, since_ms, until_ms)], limit))[0]

    async def find_many(self, requests: Sequence[Request], limit: int = 1000) -> list[list[Click]]:
        """`find` for many in one round trip, two where one of them reaches back to old clicks."""
        found = await self.hot.find_many(requests, limit)
        hot_since_ms = await self._hot_since_ms()
        older = [
            since_ms < hot_since_ms and len(clicks) < limit
            for (_, since_ms, _), clicks in zip(requests, found, strict=True)
        ]
        if not any(older):
            return found
        cold = iter(await self._find_cold([one for one, is_older in zip(requests, older, strict=True) if is_older]))
        return [
            _newest([*clicks, *next(cold)], limit) if is_older else clicks
            for clicks, is_older in zip(found, older, strict=True)
        ]

    async def is_draining(self) -> bool:
        """As `ClickStore.is_draining`."""
        return await self.hot.is_draining()

    async def scan(self, since_ms: int, until_ms: int) -> AsyncIterator[list[Click]]:
        """Every click between the times, both included, in no order; one that moves meanwhile may come twice."""
        async for clicks in self.hot.scan(since_ms, until_ms):
            yield clicks
        last = min(until_ms, self._now_ms())
        if since_ms > last:
            return
        async for rows in self._cold.scan(day_of(max(since_ms, 0)), day_of(last)):
            members = [one for one in self._members(rows) if one.record[0] != POINTER]
            clicks = await self._decode(members)
            yield [click for click in clicks if since_ms <= click.at_ms <= until_ms]

    async def erase(self, click_id: str) -> bool:
        """Remove a click from both places, for good (`ClickStore.erase`); whether there was one."""
        parsed = parse_click_id(click_id)
        if parsed is None:
            return False
        was_hot = await self.hot.erase(click_id)
        click = (await self._get_cold([parsed])).get(click_id)
        hashes = {parsed.address_hash} | set(self.hot.hashes(click.macro_ip) if click and click.macro_ip else ())
        keys = [cold_key(ClickId(parsed.at_ms, address_hash, parsed.random)) for address_hash in hashes]
        erased = await self._cold.erase(
            day_of(parsed.at_ms), keys, lambda page: self._pages.without(page, frozenset(keys))
        )
        return was_hot or erased > 0

    async def erase_named(self, app_id: str, texts: Iterable[str]) -> list[str]:
        """Erase the clicks that these texts name (`click_ids_in`), stored or not, but for those that are another app's;
        the ids of those that were stored.
        """
        found = []
        for click_id in dict.fromkeys(one for text in texts for one in click_ids_in(text)):
            click = await self.get(click_id)
            is_foreign = click is not None and click.app_id not in ("", app_id)  # "": Redis has lost its ad
            if not is_foreign and await self.erase(click_id):
                found.append(click_id)
        return found

    async def _get_cold(self, wanted: Sequence[ClickId]) -> dict[str, Click]:
        """By id; those that are there."""
        keys = [(day_of(one.at_ms), cold_key(one)) for one in wanted]
        rows = await self._cold.at(keys) if keys else []
        members = self._members(rows, frozenset(key for _, key in keys))
        return {click.click_id: click for click in await self._decode([m for m in members if m.record[0] != POINTER])}

    async def _find_cold(self, requests: Sequence[Request]) -> list[list[Click]]:
        now_ms = self._now_ms()
        oldest_ms = now_ms - self.hot.lifetime_s * 1000 - DAY_MS
        spans = [
            [cold_span(one, max(since_ms, oldest_ms), min(until_ms, now_ms)) for one in self.hot.hashes(address)]
            for address, since_ms, until_ms in requests
        ]
        members = self._members(await self._cold.between([one for each in spans for one in each]))
        found = []
        for (address, _, _), each in zip(requests, spans, strict=True):
            near = [one for one in members if any(first <= one.key <= last for first, last, _, _ in each)]
            clicks = await self._decode([one for one in near if one.record[0] != POINTER])
            targets = [unpack_click_id(one.record[1:]).text() for one in near if one.record[0] == POINTER]
            clicks += [click for click in await self.get_many(targets) if click is not None]
            packed = packed_address(address)
            found.append([click for click in clicks if packed is not None and seen_at(click, packed)])
        return found

    def _members(self, rows: Iterable[Kept], wanted: frozenset[bytes] | None = None) -> list[ColdMember]:
        """What lies in rows and pages, each once."""
        found: dict[bytes, ColdMember] = {}
        for row in rows:
            if row.page is not None:
                found |= {member.key: member for member in self._pages.unpack(row.app_id, row.page, wanted)}
            elif row.record is not None:
                found[row.key] = ColdMember(row.app_id, row.key, row.record, row.enrichment)
        return list(found.values())

    async def _decode(self, members: Sequence[ColdMember]) -> list[Click]:
        clicks = []
        for member in members:
            parts = read_cold_key(member.key)
            (click,) = await self.hot.decoder.decode([(member.record, parts.at_ms)], parts.address_hash)
            clicks.append(enriched(click, member.enrichment))
        return clicks

    async def _hot_since_ms(self) -> int:
        """What is older may be in the ledger: by the hours that clicks stay in Redis, or as they were fewer before."""
        now_ms = self._now_ms()
        if now_ms >= self._newest_until_ms:
            self._newest = await self._cold.newest_day()
            self._newest_until_ms = now_ms + NEWEST_FOR_MS
        hot_since_ms = now_ms - self._hot_ms
        if self._newest is None or self._newest <= day_of(max(hot_since_ms, 0)):
            return hot_since_ms
        return end_of(self._newest)

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _newest(clicks: Iterable[Click], limit: int) -> list[Click]:
    """Each once, newest first."""
    unique = {click.click_id: click for click in clicks}
    return sorted(unique.values(), key=lambda click: (click.at_ms, click.click_id), reverse=True)[:limit]
