"""The live feed over a real ledger: each item exactly once, whatever is written, cut off and opened again meanwhile."""

import random
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from admin.apps import create_app
from admin.feed_cursor import Cursor, parse_cursor
from admin.feed_items import FeedFilter
from admin.feed_reader import MOST_WAITING, Batch, Bearer, Reader
from admin.live_feed import MOST_AT_ONCE, LiveFeed
from admin.session import Session
from admin.users import Role
from tests.console.pages import happenings

pytestmark = pytest.mark.anyio
SOMEBODY = Bearer(b"hash", Role.VIEWER)
INSERT_EVENT = """
INSERT INTO events (app_id, event_id, name, occurred_at, body) VALUES ($1, $2, 'purchase', now(), '{}')
"""
INSERT_CLICKS = """
INSERT INTO visit_counts (begins_at, link, platform, kind, visits) VALUES ($1, 'tea', 'ios', 'click', $2)
ON CONFLICT (begins_at, link, platform, kind, campaign_id, adgroup_id, ad_id)
DO UPDATE SET visits = visit_counts.visits + excluded.visits
"""


@pytest.fixture
async def app_id(session: Session) -> str:
    app_id = (await create_app(session, "Tea", {}))["app_id"]
    await session.database.execute("INSERT INTO links (slug, app_id) VALUES ('tea', $1)", app_id)
    return app_id


async def begun(session: Session, app_id: str) -> LiveFeed:
    """A feed whose turns the test takes itself."""
    feed = LiveFeed(session, app_id)
    await turns(feed, 1)
    return feed


async def turns(feed: LiveFeed, number: int = 3) -> None:
    for _ in range(number):
        await feed._turn(2)


def waiting(reader: Reader) -> list[Batch]:
    return list(reader._waiting)


def names(batches: list[Batch]) -> list[str]:
    return [item.about["event_id"] for batch in batches for item in batch.items if item.kind == "event"]


class Writers:
    """Transactions that are open side by side."""

    def __init__(self, database_url: str, app_id: str) -> None:
        self._url, self._app_id = database_url, app_id
        self.open: list[tuple[asyncpg.Connection, Any, list[str]]] = []
        self.committed: list[str] = []

    async def begin(self) -> None:
        connection = await asyncpg.connect(self._url)
        transaction = connection.transaction()
        await transaction.start()
        self.open.append((connection, transaction, []))

    async def write(self, which: int) -> None:
        connection, _, written = self.open[which]
        written.append(secrets.token_hex(4))
        await connection.execute(INSERT_EVENT, self._app_id, written[-1])

    async def end(self, which: int, commit: bool) -> None:
        connection, transaction, written = self.open.pop(which)
        await (transaction.commit() if commit else transaction.rollback())
        self.committed += written if commit else []
        await connection.close()


@pytest.fixture
async def writers(database_url: str, app_id: str) -> AsyncIterator[Writers]:
    writers = Writers(database_url, app_id)
    yield writers
    while writers.open:
        await writers.end(0, False)


class Somebody:
    """Who has the feed open, at one of two processes, over a line that breaks."""

    def __init__(self, feeds: list[LiveFeed], chance: random.Random) -> None:
        self._feeds, self._chance = feeds, chance
        self.seen: list[str] = []
        self.clicks = 0

    async def open(self, cursor: str = "") -> None:
        self._feed = self._chance.choice(self._feeds)
        self._reader, missed = await self._feed.open(SOMEBODY, parse_cursor(cursor))
        self._take([missed])

    async def reconnect(self) -> None:
        """What was on its way when the line broke is asked for again."""
        self._take(waiting(self._reader)[: self._chance.randint(0, 3)])
        self._feed.close(self._reader)
        await self.open(str(self._cursor))

    def take_the_rest(self) -> None:
        self._take(waiting(self._reader))

    def _take(self, batches: list[Batch]) -> None:
        self.seen += names(batches)
        self.clicks += sum(item.total for batch in batches for item in batch.items if item.kind == "click")
        if batches:
            self._cursor = batches[-1].cursor


async def step(what: str, writers: Writers, chance: random.Random) -> None:
    if what == "begin" and len(writers.open) < 4:
        await writers.begin()
    elif what == "write" and writers.open:
        await writers.write(chance.randrange(len(writers.open)))
    elif what == "end" and writers.open:
        await writers.end(chance.randrange(len(writers.open)), chance.random() < 0.8)


@pytest.mark.parametrize("seed", range(12))
async def test_any_interleaving_of_writes_and_reconnects_shows_each_item_once(
    session: Session, app_id: str, writers: Writers, seed: int
) -> None:
    chance = random.Random(seed)
    feeds = [await begun(session, app_id), await begun(session, app_id)]
    somebody, clicked = Somebody(feeds, chance), 0
    await somebody.open()
    for _ in range(60):
        what = chance.choice(("begin", "write", "write", "end", "turn", "turn", "reconnect", "click"))
        if what == "turn":
            await turns(chance.choice(feeds), 1)
        elif what == "reconnect":
            await somebody.reconnect()
        elif what == "click":
            clicked += 1
            await session.database.execute(INSERT_CLICKS, quarter(), 1)
        else:
            await step(what, writers, chance)
    while writers.open:
        await writers.end(0, True)
    for feed in feeds:
        await turns(feed)
    await somebody.reconnect()
    somebody.take_the_rest()
    assert Counter(somebody.seen) == Counter(writers.committed)
    assert somebody.clicks == clicked


def quarter() -> datetime:
    now = datetime.now(UTC)
    return now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)


async def test_a_lower_number_that_commits_later_is_not_passed_over(
    session: Session, app_id: str, writers: Writers
) -> None:
    feed = await begun(session, app_id)
    reader, _ = await feed.open(SOMEBODY, None)
    await writers.begin()
    await writers.write(0)
    await session.database.execute(INSERT_EVENT, app_id, "later-number")
    await turns(feed)
    assert names(waiting(reader)) == []
    await writers.end(0, True)
    await turns(feed)
    assert sorted(names(waiting(reader))) == sorted([*writers.committed, "later-number"])


async def test_each_kind_is_told_with_what_it_links_to(session: Session, app_id: str) -> None:
    feed = await begun(session, app_id)
    reader, _ = await feed.open(SOMEBODY, None)
    await happenings.install(session, app_id)
    number = await happenings.dead(session, app_id)
    await session.database.execute(INSERT_CLICKS, quarter(), 12)
    await turns(feed)
    items = {item.kind: item for batch in waiting(reader) for item in batch.items}
    assert set(items) == {"install", "event", "delivery", "click"}
    assert (items["install"].state, items["install"].links) == ("credited", {"tea": 1})
    assert (items["delivery"].state, items["delivery"].about["delivery_id"]) == ("refused", number)
    assert items["click"].links == {"tea": 12}


async def test_another_apps_items_are_not_told(session: Session, app_id: str) -> None:
    other = (await create_app(session, "Other", {}))["app_id"]
    feed = await begun(session, other)
    reader, _ = await feed.open(SOMEBODY, None)
    await session.database.execute(INSERT_EVENT, app_id, "e1")
    await session.database.execute(INSERT_CLICKS, quarter(), 3)
    await turns(feed)
    assert waiting(reader) == []


async def test_more_than_can_be_shown_are_counted(session: Session, app_id: str) -> None:
    feed = await begun(session, app_id)
    reader, _ = await feed.open(SOMEBODY, None)
    rows = [(app_id, str(number)) for number in range(MOST_AT_ONCE + 30)]
    await session.database.executemany(INSERT_EVENT, rows)
    await turns(feed)
    (batch,) = waiting(reader)
    assert (len(batch.items), batch.hidden) == (MOST_AT_ONCE, 30)


async def test_a_slow_reader_is_told_how_much_it_missed(session: Session, app_id: str) -> None:
    feed = await begun(session, app_id)
    reader, _ = await feed.open(SOMEBODY, None)
    for number in range(MOST_WAITING + 5):
        await session.database.execute(INSERT_EVENT, app_id, str(number))
        await turns(feed, 2)
    assert len(waiting(reader)) == MOST_WAITING
    assert sum(len(batch.items) + batch.hidden for batch in waiting(reader)) == MOST_WAITING + 5


async def test_the_newest_are_filtered(session: Session, app_id: str) -> None:
    await happenings.install(session, app_id)
    await happenings.delivery(session, app_id)
    feed = await begun(session, app_id)
    for wanted, kinds in (
        (FeedFilter(), {"install", "event", "delivery"}),
        (FeedFilter(kind="event"), {"event"}),
        (FeedFilter(state="credited"), {"install"}),
        (FeedFilter(link="tea"), {"install", "event", "delivery"}),
        (FeedFilter(link="coffee"), set()),
    ):
        assert {item.kind for item in (await feed.latest(wanted, 50)).items} == kinds, wanted


async def test_clicks_of_long_ago_are_no_news(session: Session, app_id: str) -> None:
    feed = await begun(session, app_id)
    reader, _ = await feed.open(SOMEBODY, None)
    await session.database.execute(INSERT_CLICKS, quarter() - timedelta(hours=3), 9)
    await turns(feed)
    assert waiting(reader) == []


@pytest.mark.parametrize("text", ["", "x", "e1", "e1.a2.q3.c-4", "e1.a2.q3.c4.", "e" + "9" * 30 + ".a1.q1.c1"])
def test_a_cursor_that_is_none_is_none(text: str) -> None:
    assert parse_cursor(text) is None


def test_a_cursor_is_read_as_it_is_written() -> None:
    cursor = Cursor(7, 8, 9_000, 10)
    assert parse_cursor(str(cursor)) == cursor
