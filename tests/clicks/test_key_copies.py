"""Copies of keys: on one server and on a cluster they come back as they were."""

import secrets
import time

import pytest
from redis.asyncio import Redis

from clicks import key_copies, keys
from clicks.connection import connect
from clicks.key_copies import ITEMS, KeyCopy, copied_clicks, copied_counts, holds_nothing, put_back
from clicks.keys import APPLIED, COUNTS, COUNTS_DRAIN_ID, COUNTS_DRAINING, LINKS, TEXTS, WALKERS

pytestmark = pytest.mark.anyio

CLICK = b"c:sixbyt"


async def test_on_a_cluster_everything_comes_back(cluster_url: str) -> None:
    redis = connect(cluster_url)
    for number in range(300):
        await redis.zadd(b"c:" + number.to_bytes(6), {secrets.token_bytes(30): number})
    await redis.hset(TEXTS + b"2950", b"a", b"text")  # type: ignore[misc]
    await redis.hset(COUNTS, "q1\x1fclick", 3)  # type: ignore[misc]
    await redis.setbit(APPLIED + b"w", 9, 1)
    copies = [copy async for copy in copied_clicks(redis)] + await copied_counts(redis)
    await redis.flushall()
    assert await holds_nothing(redis)
    await put_back(redis, copies)
    assert {copy.key for copy in copies} == {key async for key in redis.scan_iter()}
    assert len(copies) == 303  # 300 clicks, their texts, counts, and which batches the counts hold
    again = [copy async for copy in copied_clicks(redis)] + await copied_counts(redis)
    assert sorted(again, key=repr) == sorted(copies, key=repr)
    await redis.aclose()


async def test_a_key_with_many_members_comes_in_pieces(client: Redis) -> None:
    await client.zadd(CLICK, {secrets.token_bytes(200): n for n in range(5 * ITEMS)})
    copies = [copy async for copy in copied_clicks(client)]
    assert len(copies) > 1
    assert max(len(copy.items) for copy in copies) < 2 * ITEMS
    assert len({member for copy in copies for member, _ in copy.items}) == 5 * ITEMS


async def test_keys_of_others_and_what_the_ledger_publishes_are_left_out(client: Redis) -> None:
    await client.zadd(WALKERS, {"a worker": 1})
    await client.hset(LINKS, "spring", "{}")  # type: ignore[misc]
    await client.zadd("c:another program's", {"a": 1})
    assert [copy async for copy in copied_clicks(client)] + await copied_counts(client) == []
    assert await holds_nothing(client)


async def test_counts_that_are_on_their_way_keep_the_id_of_their_drain(client: Redis) -> None:
    await client.hset(COUNTS_DRAINING, "q1\x1fclick", 2)  # type: ignore[misc]
    await client.set(COUNTS_DRAIN_ID, "d1")
    await client.hset(COUNTS, "q1\x1fclick", 5)  # type: ignore[misc]
    assert await copied_counts(client) == [
        KeyCopy(COUNTS, "hash", -1, [(b"q1\x1fclick", b"5")]),
        KeyCopy(COUNTS_DRAINING, "hash", -1, [(b"q1\x1fclick", b"2")]),
        KeyCopy(COUNTS_DRAIN_ID, "string", -1, [(b"", b"d1")]),
    ]


async def test_what_has_expired_since_stays_away(client: Redis) -> None:
    past, future = (int(time.time() * 1000) + seconds * 1000 for seconds in (-1, 1000))
    await put_back(
        client, [KeyCopy(CLICK, "zset", past, [(b"a", 1)]), KeyCopy(b"c:sevent", "zset", future, [(b"b", 1)])]
    )
    assert [key async for key in client.scan_iter()] == [b"c:sevent"]
    assert await client.pexpiretime("c:sevent") == future  # type: ignore[misc]


def test_of_every_key_it_is_decided_whether_it_is_copied() -> None:
    names = {name: value for name, value in vars(keys).items() if isinstance(value, bytes)}
    copied = {"CLICKS", "ERASED", "COUNTS", "COUNTS_DRAINING", "COUNTS_DRAIN_ID", "TEXTS", "NAMES", "APPLIED"}
    copied |= {"LINK_CLICKS"}
    left_out = {"WALKERS": "two minutes", "LINKS": "published from the ledger", "SITES": "the same"}
    left_out |= {"DRAINING": "seconds"}
    left_out |= {"LINKS_VERSION": "the same", "LINK_FOLLOWERS": "of running redirectors", "LINK_FOLLOWER": "the same"}
    assert copied <= set(vars(key_copies))
    assert set(names) == copied | set(left_out)
