"""Which redirectors serve what is published."""

import asyncio

import pytest

from clicks import link_followers
from clicks.connection import connect
from clicks.link_followers import tell_served, wait_for_followers
from clicks.links import Link, publish_links, published_version

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("url", ["redis_url", "cluster_url"])
async def test_a_command_waits_until_every_redirector_serves_what_it_published(
    url: str, request: pytest.FixtureRequest
) -> None:
    redis = connect(request.getfixturevalue(url))
    assert await tell_served(redis, "a", None) is None
    await publish_links(redis, [Link(slug="tea", app_id="app")])
    version = await published_version(redis)
    assert await tell_served(redis, "b", version) == version
    assert await wait_for_followers(redis, 0) == 1
    waiting = asyncio.create_task(wait_for_followers(redis, 30))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await tell_served(redis, "a", version)
    assert await waiting == 0
    await redis.aclose()


async def test_a_redirector_that_is_gone_is_not_waited_for(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_followers, "FOLLOWER_LIFETIME_MS", 100)
    redis = connect(redis_url)
    await tell_served(redis, "gone", None)
    await publish_links(redis, [Link(slug="tea", app_id="app")])
    assert await wait_for_followers(redis, 30) == 0
    assert await redis.scard(link_followers.LINK_FOLLOWERS) == 0
    await redis.aclose()


async def test_a_full_redis_still_tells_what_is_published(redis_url: str) -> None:
    redis = connect(redis_url)
    await publish_links(redis, [Link(slug="tea", app_id="app")])
    await redis.config_set("maxmemory", 1)
    try:
        assert await tell_served(redis, "a", None) == await published_version(redis)
    finally:
        await redis.config_set("maxmemory", 0)
        await redis.aclose()


async def test_who_asks_again_and_again_writes_once_a_second(redis_url: str) -> None:
    redis = connect(redis_url)
    await publish_links(redis, [Link(slug="tea", app_id="app")])
    version = await published_version(redis)
    await tell_served(redis, "a", version)
    before = (await redis.info("persistence"))["rdb_changes_since_last_save"]
    for _ in range(20):
        await tell_served(redis, "a", version, is_new=False)
    after = (await redis.info("persistence"))["rdb_changes_since_last_save"]
    assert after - before <= 1
    await redis.aclose()
