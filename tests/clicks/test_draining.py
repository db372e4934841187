"""What redirectors say while they bring back the clicks of an outage."""

import time

import pytest
from redis.asyncio import Redis

from clicks.batch import Batch, Row, clicks_key
from clicks.click_id import ClickId
from clicks.connection import connect
from clicks.draining import AFTER_MS, LASTS_MS
from clicks.keys import DRAINING
from clicks.store import ClickStore

pytestmark = pytest.mark.anyio


def waited(ms: int) -> Batch:
    """A batch of a spool whose one click is so old."""
    click_id = ClickId(int(time.time() * 1000) - ms, 7, b"abcde")
    row = Row(clicks_key(click_id.address_hash), click_id.at_ms, b"\x01" + click_id.random)
    return Batch("w", 1, [row], {})


async def test_clicks_of_an_outage_are_said_to_come_until_shortly_after_the_last(client: Redis) -> None:
    store = ClickStore(client, (b"k" * 32,))
    assert not await store.is_draining()
    await store.replay(waited(AFTER_MS + 1_000))
    assert await store.is_draining()
    assert 0 < await client.pttl(DRAINING) <= LASTS_MS


async def test_a_batch_that_only_missed_its_budget_holds_nobody_up(client: Redis) -> None:
    store = ClickStore(client, (b"k" * 32,))
    await store.replay(waited(AFTER_MS // 5))
    await store.replay(Batch("probe", 0, [], {}))
    assert not await store.is_draining()


async def test_it_is_said_before_any_of_the_clicks_is_stored(client: Redis) -> None:
    store = ClickStore(client, (b"k" * 32,))
    seen: list[bool] = []

    async def apply(_batch: Batch) -> None:
        seen.append(await store.is_draining())

    await store.replay(waited(AFTER_MS + 1_000), apply)
    assert seen == [True]


async def test_a_cluster_is_told_too(cluster_url: str) -> None:
    redis = connect(cluster_url)
    store = ClickStore(redis, (b"k" * 32,))
    await store.replay(waited(AFTER_MS + 1_000))
    assert await store.is_draining()
    await redis.aclose()
