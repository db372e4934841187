import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from clicks.connection import connect
from clicks.keys import WALKERS
from clicks.walkers import WORD_S, Walkers

pytestmark = pytest.mark.anyio
KEYS = [b"c:%06d" % number for number in range(3_000)]


@pytest.fixture(params=["redis_url", "cluster_url"])
async def redis(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    client = connect(request.getfixturevalue(request.param))
    yield client
    await client.aclose()


async def test_one_alone_takes_every_address(redis: Any) -> None:
    walkers = Walkers(redis, b"one")
    await walkers.join()
    assert all(walkers.takes(key) for key in KEYS)


async def test_each_address_is_one_walkers_and_the_shares_are_about_even(redis: Any) -> None:
    three = [Walkers(redis, name) for name in (b"b", b"a", b"c")]
    for walkers in three * 2:
        await walkers.join()
    takers = [[walkers for walkers in three if walkers.takes(key)] for key in KEYS]
    assert {len(taken) for taken in takers} == {1}
    assert all(takers.count([walkers]) > len(KEYS) / 4 for walkers in three)


async def test_who_has_left_has_no_share(redis: Any) -> None:
    gone, stays = Walkers(redis, b"gone"), Walkers(redis, b"stays")
    for walkers in (gone, stays):
        await walkers.join()
    await gone.leave()
    await stays.join()
    assert all(stays.takes(key) for key in KEYS)


async def test_who_has_said_nothing_for_long_has_no_share(redis: Any) -> None:
    await redis.zadd(WALKERS, {b"silent": time.time() - WORD_S - 1})
    walkers = Walkers(redis, b"one")
    await walkers.join()
    assert all(walkers.takes(key) for key in KEYS)
    assert 0 < await redis.ttl(WALKERS) <= WORD_S
