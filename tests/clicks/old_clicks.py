"""Clicks of many ages in a Redis and a ledger, and what both together say of them."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg

from clicks.ageing import OldClicks
from clicks.all_clicks import AllClicks
from clicks.batch import Batch, Row, clicks_key
from clicks.click_id import ClickId
from clicks.connection import connect
from clicks.cut_query import cut_ttclid
from clicks.record import Click, pointer
from clicks.record_layout import PREFIX_SHIFT, Text, assemble
from clicks.record_strings import ad_text
from clicks.shared_strings import MIN_USES, SharedStrings
from clicks.store import DAY_S, ClickStore
from config.settings import WorkerSettings
from forwarder.jobs.old_clicks import Mover, drop_old, move_old, old_before_ms
from ledger.cold_clicks import ColdClicks
from ledger.pool import open_pool
from tests.clicks.texts import CODEC, visitor
from tests.forwarder.delivering.scene import APP, add_app_and_pixel

KEY, OLD_KEY = b"k" * 32, b"o" * 32
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
NOW_S = NOW.timestamp()
HOUR_S = 3600
HOT_HOURS = 72
SETTINGS = WorkerSettings(click_hot_hours=HOT_HOURS)


@dataclass
class OldClicksScene:
    """A clock that tests move, engines, and what was stored and told and not erased: click id -> (address, ttclid)."""

    redis: Any
    pool: asyncpg.Pool
    now_s: float = NOW_S
    is_stopping: bool = False
    stored: dict[str, tuple[str, str]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.hot = ClickStore(self.redis, (KEY, OLD_KEY))
        self.clicks = AllClicks(self.hot, ColdClicks(self.pool), HOT_HOURS, lambda: self.now_s)
        self.texts = SharedStrings(self.redis, 28 * DAY_S, lambda: self.now_s)

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.now_s, UTC)

    async def click(
        self, age_hours: float, address: str = "203.0.113.7", macro_ip: str = "", *, app_id: str = APP, key: int = 0
    ) -> str:
        """Store a click as a redirector does, its browser and its ad shared; its id."""
        packed_hash = self.hot.hashes(address)[key]
        token = "E.C.P." + random.randbytes(158).hex()
        query = f"ip={macro_ip}&ttclid={token}" if macro_ip else f"campaign_id=7&ttclid={token}"
        cut = cut_ttclid(query.encode())
        texts = visitor(), CODEC.text(ad_text(b"spring", app_id.encode(), cut.shared))
        await self._share(texts)
        click_id = ClickId(int((self.now_s - age_hours * HOUR_S) * 1000), packed_hash, random.randbytes(5))
        body = bytes(map(int, address.split("."))) + cut.packed
        record = assemble(click_id.random, cut.prefix << PREFIX_SHIFT, body, *texts)
        rows = [Row(clicks_key(packed_hash), click_id.at_ms, record)]
        if macro_ip:
            rows.append(Row(clicks_key(self.hot.hashes(macro_ip)[key]), click_id.at_ms, pointer(click_id)))
        await self.hot.apply(Batch("w", random.getrandbits(30), rows, {}))
        self.stored[click_id.text()] = macro_ip or address, token
        return click_id.text()

    async def _share(self, texts: tuple[Text, ...]) -> None:
        for text in texts:
            text.uses = MIN_USES
        await self.texts.keep(texts)

    async def tell(self, click_id: str) -> None:
        if await self.clicks.enrich(click_id, {"timezone": "Europe/London"}):
            self.told.add(click_id)

    async def erase(self, click_id: str) -> bool:
        self.stored.pop(click_id, None)
        return await self.clicks.erase(click_id)

    async def move(self, redis: Any = None, pool: Any = None) -> int:
        """A worker's round, by other connections where such are given."""
        redis = redis or self.redis
        pool = pool or self.pool
        before_ms = await old_before_ms(pool, SETTINGS, self.now)
        moved = await move_old(
            Mover(pool, redis, OldClicks(redis, (KEY, OLD_KEY)), before_ms, lambda: self.is_stopping)
        )
        await drop_old(pool, SETTINGS, self.now)
        return moved

    async def hot_members(self) -> int:
        """Members of all addresses in Redis."""
        return sum([await self.redis.zcard(key) async for key in self.redis.scan_iter(match=b"c:*")])

    async def assert_both_places_are_one(self) -> None:
        """Each click that was stored and not erased is got, found and scanned, whole; no other is."""
        ids = list(self.stored)
        for click_id, click in zip(ids, await self.clicks.get_many(ids), strict=True):
            assert click is not None, click_id
            self._assert_whole(click)
        scanned = [click async for clicks in self.clicks.scan(0, 2**41) for click in clicks]
        assert {click.click_id for click in scanned} == set(ids)
        for address in {address for address, _ in self.stored.values()} | {"203.0.113.7"}:
            found = await self.clicks.find(address, 0, 2**41)
            there = [one for one, (seen_at, _) in self.stored.items() if seen_at == address]
            assert {click.click_id for click in found} >= set(there)
            assert {click.click_id for click in found} <= set(ids)
            assert len({click.click_id for click in found}) == len(found)
            assert [click.at_ms for click in found] == sorted((click.at_ms for click in found), reverse=True)

    def _assert_whole(self, click: Click) -> None:
        assert click.ttclid == self.stored[click.click_id][1]
        assert (click.app_id, click.link, click.user_agent[:11]) == (APP, "spring", "Mozilla/5.0")
        assert (click.enrichment is not None) == (click.click_id in self.told)


@asynccontextmanager
async def opened_scene(redis_url: str, database_url: str) -> AsyncIterator[OldClicksScene]:
    redis, pool = connect(redis_url), await open_pool(database_url)
    try:
        await add_app_and_pixel(pool)
        yield OldClicksScene(redis, pool)
    finally:
        await redis.aclose()
        await pool.close()
