"""The click store, the counts and the links on a Redis Cluster of three nodes: the same code, the same answers."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from redis.asyncio import RedisCluster
from redis.exceptions import RedisError

from clicks.address import AddressHasher, packed_address
from clicks.batch import Batch, Row, clicks_key
from clicks.click_id import ClickId
from clicks.cluster_committer import ClusterCommitter
from clicks.connection import connect
from clicks.counts import count_field, count_label, drain, finish_drain
from clicks.links import Link, Site, add_clicks, publish_links, published_version, read_links, read_sites
from clicks.record import RecordCodec, pointer
from clicks.record_layout import assemble
from clicks.record_strings import ad_text, visitor_text
from clicks.shared_strings import WEEK_S, SharedStrings, texts_key
from clicks.store import ClickStore
from loadtests.valkey_cluster import Node
from tests.clicks.cluster import Cluster
from tests.clicks.records import Visit, encode

pytestmark = pytest.mark.anyio

ADDRESS_KEY = b"k" * 32
AT_MS = 1_800_000_000_000
HASHER = AddressHasher(ADDRESS_KEY)
CODEC = RecordCodec()
FIELD = count_field(AT_MS, "click", count_label("spring", "ios", "", "", ""))


@pytest.fixture
async def redis(cluster_url: str) -> AsyncIterator[RedisCluster]:
    opened = connect(cluster_url)
    assert isinstance(opened, RedisCluster)
    async with opened:
        yield opened


def address(number: int) -> str:
    return f"203.0.{number // 250}.{number % 250 + 1}"


def committer_of(redis: RedisCluster) -> ClusterCommitter:
    return ClusterCommitter(redis, 86_400, SharedStrings(redis, 86_400))


def click(number: int, query: bytes = b"") -> tuple[ClickId, Row]:
    packed = packed_address(address(number))
    assert packed is not None
    click_id = ClickId(AT_MS + number, HASHER.hash(packed), number.to_bytes(5))
    visit = Visit(click_id.random, 0, packed, b"spring", b"app_1", b"Mozilla/5.0", b"en", query, None)
    return click_id, Row(clicks_key(click_id.address_hash), click_id.at_ms, encode(visit))


def batch(number: int, clicks: int = 60) -> Batch:
    return Batch("writer", number, [click(number * clicks + n)[1] for n in range(clicks)], {FIELD: clicks})


async def counted(redis: Any) -> int:
    drained = await drain(redis)
    if drained is None:
        return 0
    await finish_drain(redis, drained)
    return sum(count.visits for count in drained.counts)


@pytest.fixture(params=["store", "committer"])
async def applies(request: pytest.FixtureRequest, redis: RedisCluster) -> AsyncIterator[Any]:
    """The two that apply batches: what drains the spool, and what a redirect waits for."""
    if request.param == "store":
        yield ClickStore(redis, (ADDRESS_KEY,))
        return
    committer = committer_of(redis)
    yield committer
    await committer.aclose()


async def test_a_batch_is_spread_over_the_nodes_and_applied_once(
    applies: Any, redis: RedisCluster, cluster: Cluster
) -> None:
    for _ in range(2):
        await applies.apply(batch(0))
    assert min(cluster.sizes()) >= 10
    store = ClickStore(redis, (ADDRESS_KEY,))
    found = await store.find_many([(address(number), AT_MS, AT_MS + 60) for number in range(60)])
    assert [[each.click_id for each in clicks] for clicks in found] == [[click(n)[0].text()] for n in range(60)]
    assert await counted(redis) == 60
    assert await counted(redis) == 0


async def test_clicks_are_got_found_by_both_addresses_enriched_and_erased(applies: Any, redis: RedisCluster) -> None:
    store = ClickStore(redis, (ADDRESS_KEY,))
    click_id, row = click(1, b"ip=198.51.100.9&campaign_id=7")
    other = packed_address("198.51.100.9")
    assert other is not None
    await applies.apply(
        Batch("writer", 0, [row, Row(clicks_key(HASHER.hash(other)), row.at_ms, pointer(click_id))], {})
    )
    assert await store.enrich(click_id.text(), {"timezone": "Europe/London"})
    for seen_at in (address(1), "198.51.100.9"):
        (found,) = await store.find(seen_at, AT_MS, AT_MS + 60)
        assert (found.click_id, found.campaign_id) == (click_id.text(), "7")
        assert found.enrichment == {"timezone": "Europe/London"}
    assert await store.get_many([click_id.text(), click(2)[0].text()]) == [found, None]
    assert await store.erase(click_id.text())
    assert await store.find("198.51.100.9", 0, 2**53) == []
    assert not await store.erase(click_id.text())


async def test_erased_clicks_do_not_come_back_with_a_replay(redis: RedisCluster) -> None:
    store = ClickStore(redis, (ADDRESS_KEY,))
    for number in range(0, 60, 2):
        await store.erase(click(number)[0].text())
    assert await store.replay(batch(0)) == 30
    found = [kept.click_id async for clicks in store.scan(0, 2**53) for kept in clicks]
    assert sorted(found) == sorted(click(number)[0].text() for number in range(1, 60, 2))
    assert await counted(redis) == 60


async def test_its_size_is_that_of_all_nodes(redis: RedisCluster) -> None:
    for number in range(60):
        await redis.set(f"key {number}", 1)
    assert await redis.dbsize() == 60


async def test_every_click_is_scanned_once(applies: Any, redis: RedisCluster) -> None:
    await applies.apply(batch(0))
    scanned = [found.click_id async for clicks in ClickStore(redis, (ADDRESS_KEY,)).scan(0, 2**53) for found in clicks]
    assert sorted(scanned) == sorted(click(number)[0].text() for number in range(60))


async def test_a_drain_that_is_not_finished_is_given_again(redis: RedisCluster) -> None:
    store = ClickStore(redis, (ADDRESS_KEY,))
    await store.apply(batch(0))
    first = await drain(redis)
    await store.apply(batch(1))
    assert await drain(redis) == first
    assert first is not None
    await finish_drain(redis, first)
    assert await counted(redis) == 60


async def test_links_sites_and_caps_are_published_and_read(redis: RedisCluster) -> None:
    links = [Link(f"link-{number}", "app_1") for number in range(500)]
    sites = [Site("app_1", ("go.tea.example",))]
    assert await publish_links(redis, links, sites, {"link-1": 7})
    assert not await publish_links(redis, links, sites, {"link-1": 5})
    assert await published_version(redis) is not None
    assert sorted(await read_links(redis), key=lambda link: int(link.slug[5:])) == links
    assert await read_sites(redis) == sites
    assert await add_clicks(redis, {"link-1": 2, "link-2": 0}) == {"link-1": 9, "link-2": 0}


async def test_a_committer_goes_on_after_its_scripts_were_forgotten(redis: RedisCluster, cluster: Cluster) -> None:
    committer = committer_of(redis)
    await committer.apply(batch(0))
    cluster.empty()
    await committer.apply(batch(1))
    assert await counted(redis) == 60
    await committer.aclose()


async def test_a_committer_follows_a_slot_that_moved(redis: RedisCluster, cluster: Cluster) -> None:
    committer = committer_of(redis)
    await committer.apply(batch(0))
    slot = redis.keyslot(click(1_000)[1].key)
    owner = next(node for node in cluster.nodes if node.port == redis.nodes_manager.get_node_from_slot(slot).port)
    heir = next(node for node in cluster.nodes if node is not owner)
    _move(cluster, slot, heir.port)
    try:
        await committer.apply(Batch("writer", 1, [click(1_000)[1]], {FIELD: 1}))
        assert await counted(redis) == 61
        found = await ClickStore(redis, (ADDRESS_KEY,)).get(click(1_000)[0].text())
        assert found is not None
    finally:
        cluster.empty()
        _move(cluster, slot, owner.port)
        await committer.aclose()


async def test_texts_are_shared_and_put_back_on_a_cluster(redis: RedisCluster) -> None:
    texts = SharedStrings(redis, 86_400, lambda: AT_MS / 1000)
    committer = ClusterCommitter(redis, 86_400, texts)
    visitor, ad = CODEC.text(visitor_text(b"Mozilla/5.0", b"en")), CODEC.text(ad_text(b"spring", b"app_1", b"ad_id=1"))
    await texts.keep([visitor, ad])
    for number in range(3):
        await redis.delete(texts_key(AT_MS // 1000 // WEEK_S))
        click_id, row = click(number)
        record = assemble(click_id.random, 0, packed_address(address(number)) or b"", visitor, ad)
        await committer.apply(Batch("writer", number, [Row(row.key, row.at_ms, record)], {FIELD: 1}))
        (found,) = await ClickStore(redis, (ADDRESS_KEY,)).find(address(number), 0, 2**53)
        assert (found.user_agent, found.app_id, found.query) == ("Mozilla/5.0", "app_1", "ad_id=1")
    await committer.aclose()


def _move(cluster: Cluster, slot: int, port: int) -> None:
    ids = {}
    for node in cluster.nodes:
        with node.client() as client:
            ids[node.port] = client.execute_command("CLUSTER MYID")
    for node in sorted(cluster.nodes, key=lambda node: node.port != port):  # who takes it first
        with node.client() as client:
            client.execute_command("CLUSTER SETSLOT", slot, "NODE", ids[port])
            if node.port == port:  # of two nodes' words on a slot the one with the newer epoch counts
                client.execute_command("CLUSTER BUMPEPOCH")
    deadline = time.monotonic() + 20
    while any(_owner(node, slot) != port for node in cluster.nodes):
        assert time.monotonic() < deadline, "the nodes do not agree on who has the slot"
        time.sleep(0.05)


def _owner(node: Node, slot: int) -> int | None:
    with node.client() as client:
        ranges = client.execute_command("CLUSTER SLOTS")
    return next((int(one[2][1]) for one in ranges if one[0] <= slot <= one[1]), None)


async def test_a_batch_given_up_leaves_no_answer_behind(redis: RedisCluster) -> None:
    committer = committer_of(redis)
    await committer.apply(batch(0))
    for number in range(1, 20):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await committer.apply(batch(number))
        await committer.apply(batch(number))
    assert await counted(redis) == 20 * 60
    await committer.aclose()


async def _get(redis: RedisCluster) -> None:
    await redis.get("a")


async def _find(redis: RedisCluster) -> None:
    await ClickStore(redis, (ADDRESS_KEY,)).find("203.0.113.7", 0, 1)


async def _commit(redis: RedisCluster) -> None:
    await committer_of(redis).apply(batch(0))


@pytest.mark.parametrize("what", [_get, _find, _commit])
async def test_a_cluster_that_is_away_raises_what_a_single_redis_does(
    what: Callable[[RedisCluster], Awaitable[None]], free_port: int
) -> None:
    redis = connect(f"redis+cluster://127.0.0.1:{free_port}", timeout_s=0.5)
    assert isinstance(redis, RedisCluster)
    with pytest.raises(RedisError):
        await what(redis)
    await redis.aclose()
