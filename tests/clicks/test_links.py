import pytest
from redis.asyncio import Redis

from clicks.links import Link, publish_links, published_version, read_links

pytestmark = pytest.mark.anyio

SPRING = Link("spring", "app_1", "https://apps.apple.com/app/id1", "https://play.google.com/store/apps/details?id=a.b")
SUMMER = Link("summer", "app_1", fallback_url="https://example.com/下载?a=b#c", mode="bridge", enabled=False)


async def test_links_are_read_as_they_were_published(client: Redis) -> None:
    assert await publish_links(client, [SUMMER, SPRING])
    assert sorted(await read_links(client), key=lambda link: link.slug) == [SPRING, SUMMER]


async def test_publishing_replaces_the_whole_table_and_its_version(client: Redis) -> None:
    await publish_links(client, [SPRING, SUMMER])
    before = await published_version(client)
    await publish_links(client, [SUMMER])
    assert await read_links(client) == [SUMMER]
    assert await published_version(client) != before


async def test_publishing_what_stands_changes_nothing(client: Redis) -> None:
    await publish_links(client, [SPRING, SUMMER])
    before = await published_version(client)
    assert not await publish_links(client, [SUMMER, SPRING])
    assert await published_version(client) == before


async def test_before_anything_is_published_there_is_no_version(client: Redis) -> None:
    assert await published_version(client) is None
    assert await read_links(client) == []


async def test_an_empty_table_can_be_published(client: Redis) -> None:
    await publish_links(client, [SPRING])
    await publish_links(client, [])
    assert await read_links(client) == []
    assert await published_version(client) is not None


async def test_fifty_thousand_links_are_one_step(client: Redis) -> None:
    await publish_links(client, (Link(f"link-{number}", "app_1") for number in range(50_000)))
    assert await client.hlen("{links}") == 50_000
