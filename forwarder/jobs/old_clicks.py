"""Old clicks leave Redis for the ledger: moved, packed a day at a time, and dropped at the end of their retention.

Killed at any moment it loses and doubles nothing. A click is committed in the ledger before it leaves Redis, and moving
it again changes nothing; members become pages in one transaction.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import anyio

from clicks.ageing import Aged, OldClicks
from clicks.cold import SLACK_MS, ColdMember, day_of, read_cold_key
from clicks.cold_page import PAGE_CLICKS, ColdPages
from clicks.walkers import Walkers
from config.settings import Settings
from forwarder.jobs.walk_pace import WalkPace
from ledger import cold_click_pages
from ledger.apps import all_apps
from ledger.cold_clicks import SHARE_PLACES, add_cold_clicks, tell_cold_clicks

WALK_EVERY_S: Final = 1800.0
RIPE_AFTER: Final = timedelta(days=1)  # by then every click of a day has moved, several walks over


@dataclass(frozen=True, slots=True)
class Mover:
    """One walk through all clicks in Redis."""

    pool: Any
    redis: Any
    old: OldClicks
    before_ms: int
    stopping: Callable[[], bool]
    """A worker that is told to stop does not wait for the end of a walk."""

    async def walk(self) -> int:
        """Move what is old, beside other workers that are at it; how many clicks and pointers this one moved."""
        walkers = Walkers(self.redis, secrets.token_hex(8).encode())
        pace = WalkPace(await self.old.count(), WALK_EVERY_S, anyio.current_time())
        moved = 0
        try:
            async for keys in self.old.keys():
                if self.stopping():
                    break
                started = anyio.current_time()
                await walkers.join()
                moved += await self._move([key for key in keys if walkers.takes(key)])
                now = anyio.current_time()
                await anyio.sleep(pace.rest_s(len(keys), now - started, now))
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(1.0):
                await walkers.leave()
        return moved

    async def _move(self, keys: list[bytes]) -> int:
        moved = 0
        while keys:
            aged = await self.old.read(keys, self.before_ms)
            if aged.stored:
                await self._keep(aged)
                await self.old.remove(aged)
            moved += len(aged.members)
            keys = aged.unread
        return moved

    async def _keep(self, aged: Aged) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(SHARE_PLACES)
            gone = await self.old.erased(aged)  # whoever erases a click from here on waits, and finds it
            await add_cold_clicks(
                connection,
                [
                    (member.app_id, _day(member.key), member.key, member.record, member.enrichment)
                    for member in aged.members
                    if member.key not in gone
                ],
            )
            await tell_cold_clicks(connection, [(_day(key), key, record) for key, record in aged.told])


def _day(key: bytes) -> date:
    return day_of(read_cold_key(key).at_ms)


async def hot_hours(pool: Any, settings: Settings) -> int:
    """CLICK_HOT_HOURS, or the longest attribution window of an app where that is longer; never over the retention."""
    windows = [app.settings.match_window_hours for app in await all_apps(pool)]
    return min(max(settings.click_hot_hours, *windows, 0), settings.click_retention_days * 24)


async def move_old(mover: Mover) -> int:
    """Move what is old, and pack the days that are over; how many clicks and pointers moved."""
    moved = await mover.walk()
    await pack(mover.pool, day_of(mover.before_ms) - RIPE_AFTER, mover.stopping)
    return moved


async def old_before_ms(pool: Any, settings: Settings, now: datetime) -> int:
    """Clicks before this time, in ms, are to move."""
    return int(now.timestamp() * 1000) - await hot_hours(pool, settings) * 3_600_000 - SLACK_MS


async def drop_old(pool: Any, settings: Settings, now: datetime) -> int:
    """Drop the days that clicks are no longer kept of; how many, and single clicks with them."""
    return await cold_click_pages.drop_days(pool, (now - timedelta(days=settings.click_retention_days)).date())


async def pack(pool: Any, before: date, stopping: Callable[[], bool]) -> int:
    """Put the members of days before this one into pages; how many."""
    pages, packed = ColdPages(), 0

    def page(app_id: str, rows: Any) -> bytes:
        return pages.pack([ColdMember(app_id, key, record, told) for key, record, told in rows])

    for owner in await cold_click_pages.ripe_days(pool, before):
        while not stopping() and (count := await cold_click_pages.pack_some(pool, owner, PAGE_CLICKS, page)):
            packed += count
    return packed
