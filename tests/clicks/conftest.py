"""A Redis of one test, a clock that it moves, and the texts a redirector shares there."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from clicks.connection import connect
from clicks.shared_strings import SharedStrings
from tests.clicks.texts import RETENTION_S, Clock


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    opened: Any = connect(redis_url)
    async with opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def texts(client: Redis, clock: Clock) -> SharedStrings:
    return SharedStrings(client, RETENTION_S, clock)
