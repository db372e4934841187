"""Names of ads on their way to Redis: each is said once, so none may be dropped on the way."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from clicks import names
from clicks.connection import connect
from clicks.names import AdName, forget_names, note_names, waiting_names
from redirector import app
from redirector.counters import Counters
from tests.ledger.waiting import until

pytestmark = pytest.mark.anyio

OLD, NEW = AdName("ad", "5", "Video"), AdName("ad", "5", "Video B")


@pytest.fixture
async def redis(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    monkeypatch.setattr(app, "MAINTENANCE_EVERY_S", 0.01)
    opened = connect(redis_url)
    yield opened
    await opened.aclose()


async def noted(counters: Counters, redis: Any, seen_by: Any, wanted: list[AdName]) -> None:
    """Return once these wait in Redis."""
    noting = asyncio.ensure_future(app._note_names(counters, seen_by))

    async def wait() -> bool:
        return await waiting_names(redis) == wanted

    await until(wait)
    noting.cancel()


async def test_an_ad_that_is_renamed_while_its_name_is_noted_is_noted_again(redis: Any) -> None:
    counters = Counters()
    counters.names = {("ad", "5"): OLD}

    class Slow:
        def __getattr__(self, name: str) -> Any:
            return getattr(redis, name)

        async def hset(self, *arguments: Any, **more: Any) -> Any:
            counters.names["ad", "5"] = NEW
            return await redis.hset(*arguments, **more)

    await noted(counters, redis, Slow(), [NEW])


async def test_names_for_which_there_was_no_room_are_noted_later(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MAX_WAITING", 1)
    taken = AdName("ad", "6", "Other")
    await note_names(redis, [taken])
    counters = Counters()
    counters.names = {("ad", "5"): OLD}

    class Full:
        asked = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(redis, name)

        async def hlen(self, key: bytes) -> Any:
            if self.asked:  # once it was full, and has been looked at
                await forget_names(redis, [taken])
            self.asked += 1
            return await redis.hlen(key)

    await noted(counters, redis, Full(), [OLD])
