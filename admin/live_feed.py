"""The live feed of one app: one look at the ledger for everybody who has it open."""

import asyncio
import contextlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog

from admin.feed_clicks import ClickCounts
from admin.feed_cursor import Cursor
from admin.feed_horizon import Horizon, Numbers
from admin.feed_items import FeedFilter, FeedItem, attempt_item, clicks_item, event_item
from admin.feed_reader import Batch, Bearer, End, Reader
from admin.readiness import LEDGER_AWAY
from admin.session import Session
from config.news import News
from ledger.feed import Part, clicks_between, count_new, new_attempts, new_events, newest, writers
from ledger.sessions import roles_of

TURN_S: Final = 0.5
SOON_S: Final = 0.05  # to the next look, where what was seen may become final at once
AWAY_S: Final = 2.0
SESSIONS_EVERY: Final = 8  # turns
IDLE_TURNS: Final = 60
MOST_AT_ONCE: Final = 100  # of a kind
LOOKED_THROUGH: Final = 500  # of a kind, for what fits a filter
LONGEST_AWAY: Final = timedelta(days=1)  # clicks before it are no longer told to who comes back

log = structlog.get_logger()


class LiveFeed:
    def __init__(self, session: Session, app_id: str) -> None:
        self._session = session
        self._app_id = app_id
        self._horizon = Horizon()
        self._clicks = ClickCounts(datetime.now(UTC))
        self._newest: Numbers = (0, 0)
        self._readers: set[Reader] = set()
        self._news = News()
        self._ready = asyncio.Event()
        self._soon = False
        self._cursor = Cursor(0, 0, 0, 0)

    async def run(self) -> None:
        """Until nobody has read for half a minute."""
        turn = idle = 0
        try:
            while self._readers or idle < IDLE_TURNS:
                try:
                    await self._turn(turn)
                    pause = SOON_S if self._soon else TURN_S
                except LEDGER_AWAY as error:
                    if self._news.is_news("no ledger"):
                        log.warning("a live feed had no ledger", app_id=self._app_id, error=type(error).__name__)
                    pause = AWAY_S
                turn += 1
                idle = 0 if self._readers else idle + 1
                await asyncio.sleep(pause)
        finally:
            self.finish("stopping")

    async def latest(self, wanted: FeedFilter, limit: int) -> Batch:
        """The newest items that the filter takes."""
        await self._ready.wait()
        cursor = self._cursor
        items = await self._between(Cursor(0, 0, 0, 0), cursor, LOOKED_THROUGH)
        items += [clicks_item(at, {link: clicks}, clicks) for at, link, clicks in self._clicks.lines()]
        return Batch(tuple(_newest_first(item for item in items if wanted.takes(item)))[:limit], cursor)

    async def open(self, bearer: Bearer, read: Cursor | None) -> tuple[Reader, Batch]:
        """A reader of what comes, and what it missed since `read`."""
        await self._ready.wait()
        cursor = self._cursor
        read = read or cursor
        reader = Reader(bearer, read)
        self._readers.add(reader)  # from `cursor` on: nothing was awaited between
        try:
            return reader, await self._missed(reader, read, cursor)
        except BaseException:
            self._readers.discard(reader)
            raise

    def close(self, reader: Reader) -> None:
        self._readers.discard(reader)

    def finish(self, why: End) -> None:
        for reader in self._readers:
            reader.finish(why)

    async def _missed(self, reader: Reader, read: Cursor, until: Cursor) -> Batch:
        items = await self._between(read, until, MOST_AT_ONCE)
        hidden = await self._hidden(read, until, items)
        now = datetime.now(UTC)
        since = datetime.fromtimestamp(min(read.quarter_s, 10**10), UTC)
        if since > now - LONGEST_AWAY:
            base = datetime.fromtimestamp(until.quarter_s, UTC)
            earlier = await clicks_between(self._session.database, self._app_id, since, base) if since < base else {}
            clicks = sum(earlier.values()) + self._clicks.since(read.quarter_s, until) - read.clicks
            if clicks > 0:
                items.append(clicks_item(now, {}, clicks))
            reader.is_ahead_by(max(-clicks, 0))
        return Batch(tuple(_newest_first(items)), reader.moved_to(until), hidden)

    async def _turn(self, turn: int) -> None:
        database = self._session.database
        seen = await newest(database, self._app_id)
        final = self._horizon.final
        if seen != self._newest or final != seen or not self._horizon.is_known:
            final = self._horizon.advance(seen, await writers(database), time.monotonic())
        self._newest, self._soon = seen, final != seen
        if self._horizon.is_known:
            await self._tell(final)
        if turn % SESSIONS_EVERY == 0 and self._readers:
            await self._end_those_signed_out()

    async def _tell(self, final: Numbers) -> None:
        """Everything is read before anything is moved on: a ledger that goes away in between loses nothing."""
        now = datetime.now(UTC)
        clicks = await self._counted(now)
        before, until = self._cursor, replace(self._cursor, event_key=final[0], attempt_id=final[1])
        items = await self._between(before, until, MOST_AT_ONCE) if self._readers else []
        hidden = await self._hidden(before, until, items)
        new = self._clicks.update(clicks, now)
        self._cursor = replace(until, quarter_s=self._clicks.since_s, clicks=self._clicks.total)
        if not self._ready.is_set():
            self._ready.set()  # what there was before is no news
            return
        if new:
            items.append(clicks_item(now, new, sum(new.values())))
        batch = Batch(tuple(_newest_first(items)), self._cursor, hidden)
        for reader in tuple(self._readers):
            reader.put(batch)

    async def _counted(self, now: datetime) -> dict[tuple[int, str], int]:
        since = datetime.fromtimestamp(self._clicks.since_s, UTC)
        return await clicks_between(self._session.database, self._app_id, since, now + timedelta(days=1))

    async def _between(self, after: Cursor, until: Cursor, limit: int) -> list[FeedItem]:
        database, items = self._session.database, list[FeedItem]()
        if until.event_key > after.event_key:
            part = Part(after.event_key, until.event_key, limit)
            items += [event_item(row) for row in await new_events(database, self._app_id, part)]
        if until.attempt_id > after.attempt_id:
            part = Part(after.attempt_id, until.attempt_id, limit)
            items += [attempt_item(row) for row in await new_attempts(database, self._app_id, part)]
        return items

    async def _hidden(self, after: Cursor, until: Cursor, shown: list[FeedItem]) -> int:
        if len(shown) < MOST_AT_ONCE:
            return 0
        events = Part(after.event_key, until.event_key, 0)
        attempts = Part(after.attempt_id, until.attempt_id, 0)
        return max(await count_new(self._session.database, self._app_id, events, attempts) - len(shown), 0)

    async def _end_those_signed_out(self) -> None:
        bearers: Mapping[bytes, Any] = await roles_of(
            self._session.database, {reader.bearer.token_hash for reader in self._readers}, datetime.now(UTC)
        )
        for reader in tuple(self._readers):
            if bearers.get(reader.bearer.token_hash) != reader.bearer.role:
                reader.finish("signed-out")


class Feeds:
    """The open feeds of a process, by app."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._running: dict[str, tuple[LiveFeed, asyncio.Task[None]]] = {}

    def of(self, app_id: str) -> LiveFeed:
        """That of the app, begun if nobody has it open."""
        running = self._running.get(app_id)
        if running is not None and not running[1].done():
            return running[0]
        feed = LiveFeed(self._session, app_id)
        task = asyncio.create_task(feed.run())
        task.add_done_callback(_say_why)
        self._running[app_id] = (feed, task)
        return feed

    def finish(self) -> None:
        """Every reader ends: the process stops."""
        for feed, _ in self._running.values():
            feed.finish("stopping")

    async def close(self) -> None:
        self.finish()
        for _, task in self._running.values():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def _newest_first(items: Iterable[FeedItem]) -> list[FeedItem]:
    return sorted(items, key=lambda item: (item.at, item.number), reverse=True)


def _say_why(task: "asyncio.Task[None]") -> None:
    """A feed that failed is begun anew by the next that opens it."""
    if not task.cancelled() and task.exception() is not None:
        log.error("a live feed ended", exc_info=task.exception())
