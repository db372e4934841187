"""Acts of two operators on one subject at the same moment: both hold."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from admin.apps import create_app
from admin.links import create_link, disable_link, set_link, show_link
from admin.pixels import PixelToAdd, add_pixel, list_pixels, set_pixel
from admin.session import Session
from clicks.connection import connect
from clicks.links import read_links
from forwarder.jobs.timetable import republish_links
from ledger.audit import audit_entries, lock_subject
from tests.ledger.waiting import until_waiting

pytestmark = pytest.mark.anyio


@pytest.fixture
async def app_id(session: Session) -> str:
    return (await create_app(session, "Tea", {"ios_app_id": "1"}))["app_id"]


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A third, whose act the two wait for."""
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


async def both(other: asyncpg.Connection, subject: tuple[str, str], *acts: Any) -> None:
    """The acts, begun before the first of them gets its turn."""
    async with other.transaction():
        await lock_subject(other, *subject)
        tasks = [asyncio.ensure_future(act) for act in acts]
        await until_waiting(other, len(tasks), *tasks)
    await asyncio.gather(*tasks)


async def test_a_link_that_is_disabled_while_its_url_is_set_is_disabled(
    session: Session, app_id: str, other: asyncpg.Connection
) -> None:
    slug = (await create_link(session, app_id, "spring", {}))["slug"]
    url = "https://example.com/tea"
    await both(other, (app_id, slug), disable_link(session, slug), set_link(session, slug, {"fallback_url": url}))
    shown = await show_link(session, slug)
    assert (shown["enabled"], shown["fallback_url"]) == (False, url)
    latest = (await audit_entries(session.database, app_id, 1))[0]
    assert [latest["before"]["enabled"], latest["before"]["fallback_url"]] in ([False, None], [True, url])


async def test_two_settings_of_a_pixel_that_are_set_at_once_are_both_set(
    session: Session, app_id: str, other: asyncpg.Connection
) -> None:
    added = await add_pixel(session, PixelToAdd(app_id, "C" * 20, "a" * 40), validate=False)
    pixel_id = added["pixel_id"]
    acts = set_pixel(session, pixel_id, {"consent_categories": "ads"}), set_pixel(session, pixel_id, {"send": "all"})
    await both(other, (app_id, pixel_id), *acts)
    (shown,) = await list_pixels(session, app_id)
    assert (list(shown["consent_categories"]), shown["send"]) == (["ads"], "all")


class Slow:
    """Redis, which takes its time over a worker's table of links."""

    def __init__(self, redis: Any) -> None:
        self._redis = redis
        self.asked, self.goes_on = asyncio.Event(), asyncio.Event()

    async def eval(self, *arguments: Any) -> Any:
        self.asked.set()
        await self.goes_on.wait()
        return await self._redis.eval(*arguments)


@dataclass
class Job:
    """What a worker's task finds its engines in."""

    pool: Any
    redis: Slow


async def test_a_table_of_links_that_a_worker_has_read_is_not_published_over_a_newer_one(
    session: Session, app_id: str, redis_url: str, other: asyncpg.Connection
) -> None:
    await create_link(session, app_id, "spring", {})
    redis = connect(redis_url)
    await redis.flushall()
    slow = Slow(redis)
    working = asyncio.ensure_future(republish_links(Job(session.database, slow)))  # type: ignore[arg-type]
    await slow.asked.wait()
    disabling = asyncio.ensure_future(disable_link(session, "spring"))
    await until_waiting(other, 1, disabling)
    slow.goes_on.set()
    await working
    await disabling
    assert [link.enabled for link in await read_links(redis)] == [False]
    await redis.aclose()
