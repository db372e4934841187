import random
import secrets

import msgspec
import pytest
import redis.exceptions
from redis.asyncio import Redis, RedisCluster

from clicks import decoding
from clicks.address import AddressHasher, packed_address
from clicks.batch import Batch, Row, clicks_key
from clicks.click_id import ClickId
from clicks.cluster_committer import ClusterCommitter
from clicks.committer import Committer
from clicks.counts import drain
from clicks.record import pointer
from clicks.shared_strings import SharedStrings
from clicks.store import DAY_S, ClickStore
from tests.clicks.records import Visit, encode

pytestmark = pytest.mark.anyio

KEY, OLD_KEY = b"k" * 32, b"o" * 32
NOW_MS = 1_800_000_000_000
FIELD = "500000\x1fclick\x1fspring\x1fios\x1f\x1f\x1f"


@pytest.fixture
def store(client: Redis) -> ClickStore:
    return ClickStore(client, (KEY,))


def packed(address: str) -> bytes:
    found = packed_address(address)
    assert found is not None
    return found


def click_rows(ip: str, at_ms: int = NOW_MS, *, macro_ip: str = "", key: bytes = KEY) -> tuple[ClickId, list[Row]]:
    """The rows a redirector writes for one click."""
    random_bytes = secrets.token_bytes(5)
    hasher = AddressHasher(key)
    query = f"ip={macro_ip}".encode() if macro_ip else b""
    click_id = ClickId(at_ms, hasher.hash(packed(ip)), random_bytes)
    visit = Visit(random_bytes, 0, packed(ip), b"spring", b"app_1", b"Mozilla/5.0", b"en", query, None)
    rows = [Row(clicks_key(click_id.address_hash), at_ms, encode(visit))]
    if macro_ip:
        rows.append(Row(clicks_key(hasher.hash(packed(macro_ip))), at_ms, pointer(click_id)))
    return click_id, rows


async def keep(store: ClickStore, *rows: Row) -> None:
    await store.apply(Batch("w", random.getrandbits(30), list(rows), {}))


def committer_of(client: Redis) -> Committer | ClusterCommitter:
    """What a redirector stores by."""
    texts = SharedStrings(client, 28 * DAY_S)
    if isinstance(client, RedisCluster):
        return ClusterCommitter(client, 28 * DAY_S, texts)
    return Committer(client, 28 * DAY_S, texts)


async def keys_of(client: Redis) -> list[bytes]:
    """Of clicks."""
    return [key async for key in client.scan_iter("c:*")]


@pytest.fixture(params=["store", "committer"])
def applies(request: pytest.FixtureRequest, client: Redis) -> ClickStore | Committer | ClusterCommitter:
    """Both ways batches are applied."""
    return ClickStore(client, (KEY,)) if request.param == "store" else committer_of(client)


async def test_a_batch_applied_twice_is_stored_and_counted_once(
    client: Redis, store: ClickStore, applies: ClickStore | Committer
) -> None:
    click_id, rows = click_rows("203.0.113.7")
    batch = Batch("writer", 0, rows, {FIELD: 3})
    await applies.apply(batch)
    await applies.apply(msgspec.msgpack.decode(msgspec.msgpack.encode(batch), type=Batch))
    assert [click.click_id for click in await store.find("203.0.113.7", 0, NOW_MS)] == [click_id.text()]
    drained = await drain(client)
    assert drained is not None
    assert [count.visits for count in drained.counts] == [3]


async def test_batches_are_told_apart_by_writer_and_number(client: Redis, applies: ClickStore | Committer) -> None:
    for writer in ("one", "two"):
        for number in (0, 1, 999_999):
            await applies.apply(Batch(writer, number, [], {FIELD: 1}))
    drained = await drain(client)
    assert drained is not None
    assert [count.visits for count in drained.counts] == [6]


async def test_a_batch_is_applied_though_redis_forgot_the_script(
    client: Redis, store: ClickStore, applies: ClickStore | Committer
) -> None:
    await applies.apply(Batch("writer", 0, [], {}))
    await client.script_flush()
    await applies.apply(Batch("writer", 1, click_rows("203.0.113.7")[1], {}))
    assert len(await store.find("203.0.113.7", 0, NOW_MS)) == 1


@pytest.mark.usefixtures("one_redis")
async def test_a_committer_works_again_after_redis_refused_it(client: Redis, store: ClickStore) -> None:
    committer = committer_of(client)
    await client.config_set("maxmemory", 1)
    try:
        with pytest.raises(redis.exceptions.ResponseError):
            await committer.apply(Batch("writer", 0, click_rows("203.0.113.7")[1], {}))
    finally:
        await client.config_set("maxmemory", 0)
    await committer.apply(Batch("writer", 0, click_rows("203.0.113.7")[1], {}))
    assert len(await store.find("203.0.113.7", 0, NOW_MS)) == 1
    await committer.aclose()


async def test_a_click_is_found_under_both_its_addresses(store: ClickStore) -> None:
    click_id, rows = click_rows("203.0.113.7", macro_ip="2001:db8:1:2::9")
    await keep(store, *rows)
    by_ip = await store.find("203.0.113.7", 0, NOW_MS)
    by_macro = await store.find("2001:db8:1:2:aaaa::1", 0, NOW_MS)
    assert [click.click_id for click in by_ip] == [click_id.text()]
    assert by_macro == by_ip


async def test_an_ipv6_click_is_found_from_its_64_and_not_from_the_next(store: ClickStore) -> None:
    await keep(store, *click_rows("2001:db8:1:2::9")[1])
    assert len(await store.find("2001:db8:1:2:ffff::", 0, NOW_MS)) == 1
    assert await store.find("2001:db8:1:3::9", 0, NOW_MS) == []


async def test_another_address_with_the_same_hash_does_not_bring_its_clicks(store: ClickStore) -> None:
    _, (row,) = click_rows("198.51.100.1")
    shared_key = clicks_key(AddressHasher(KEY).hash(packed("203.0.113.7")))
    await keep(store, Row(shared_key, row.at_ms, row.record))
    assert await store.find("203.0.113.7", 0, NOW_MS) == []


async def test_times_are_included_at_both_ends_and_the_newest_comes_first(store: ClickStore) -> None:
    for at_ms in (NOW_MS, NOW_MS + 2, NOW_MS + 1, NOW_MS + 3):
        await keep(store, *click_rows("203.0.113.7", at_ms)[1])
    found = await store.find("203.0.113.7", NOW_MS, NOW_MS + 2)
    assert [click.at_ms - NOW_MS for click in found] == [2, 1, 0]
    assert [click.at_ms - NOW_MS for click in await store.find("203.0.113.7", 0, NOW_MS + 9, limit=2)] == [3, 2]


async def test_many_addresses_are_asked_at_once_and_answered_in_order(store: ClickStore) -> None:
    ids = {}
    for address in ("203.0.113.7", "203.0.113.8"):
        ids[address], rows = click_rows(address)
        await keep(store, *rows)
    requests = [("203.0.113.8", 0, NOW_MS), ("junk", 0, NOW_MS), ("203.0.113.9", 0, NOW_MS), ("203.0.113.7", 0, NOW_MS)]
    found = [[click.click_id for click in clicks] for clicks in await store.find_many(requests)]
    assert found == [[ids["203.0.113.8"].text()], [], [], [ids["203.0.113.7"].text()]]
    assert await store.find_many([]) == []


async def test_the_clicks_that_are_remembered_are_bounded_and_read_the_same(
    store: ClickStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "MAX_DECODED", 10)
    for number in range(8):
        for _ in range(3):
            await keep(store, *click_rows(f"203.0.113.{number}", NOW_MS + number)[1])
    addresses = [f"203.0.113.{number}" for number in range(8)]
    first = [await store.find(address, 0, 2 * NOW_MS) for address in addresses]
    again = [await store.find(address, 0, 2 * NOW_MS) for address in addresses]
    assert first == again
    assert [len(clicks) for clicks in first] == [3] * 8
    assert len(store.decoder._decoded) <= 10


async def test_a_click_is_read_by_its_id(store: ClickStore) -> None:
    one, rows = click_rows("203.0.113.7", macro_ip="198.51.100.1")
    same_moment, more = click_rows("203.0.113.7")
    await keep(store, *rows, *more)
    got = await store.get_many([one.text(), "not an id", same_moment.text(), ClickId(1, 2, b"ccccc").text()])
    assert [click and click.click_id for click in got] == [one.text(), None, same_moment.text(), None]


async def test_erasing_removes_a_click_under_both_addresses(client: Redis, store: ClickStore) -> None:
    click_id, rows = click_rows("203.0.113.7", macro_ip="2001:db8::1")
    await keep(store, *rows)
    assert await store.erase(click_id.text())
    assert await keys_of(client) == []
    assert not await store.erase(click_id.text())
    assert not await store.erase("not an id")


async def test_erasing_one_click_leaves_its_neighbours(store: ClickStore) -> None:
    click_id, rows = click_rows("203.0.113.7")
    neighbour, more = click_rows("203.0.113.7")
    await keep(store, *rows, *more)
    await store.erase(click_id.text())
    assert [click.click_id for click in await store.find("203.0.113.7", 0, NOW_MS)] == [neighbour.text()]


@pytest.mark.parametrize("was_stored", [True, False], ids=["stored", "only in the spool"])
async def test_an_erased_click_does_not_come_back_with_a_replay(
    client: Redis, store: ClickStore, was_stored: bool
) -> None:
    click_id, rows = click_rows("203.0.113.7", macro_ip="2001:db8::1")
    neighbour, more = click_rows("203.0.113.7")
    if was_stored:
        await keep(store, *rows)
    assert await store.erase(click_id.text()) is was_stored
    assert await store.replay(Batch("w", 1, [*rows, *more], {FIELD: 2})) == 2
    assert await keys_of(client) == [clicks_key(neighbour.address_hash)]
    assert [click.click_id for click in await store.find("203.0.113.7", 0, NOW_MS)] == [neighbour.text()]
    drained = await drain(client)
    assert drained is not None
    assert [row.visits for row in drained.counts] == [2]  # a count names nobody


async def test_an_erasure_in_the_middle_of_a_replay_holds(client: Redis) -> None:
    click_id, rows = click_rows("203.0.113.7", macro_ip="2001:db8::1")

    class ErasedMeanwhile(ClickStore):
        async def apply(self, batch: Batch) -> None:
            assert not await self.erase(click_id.text())
            await super().apply(batch)

    await ErasedMeanwhile(client, (KEY,)).replay(Batch("w", 1, rows, {}))
    assert await keys_of(client) == []


async def test_a_tombstone_names_nobody_and_stands_for_as_long_as_clicks_are_kept(client: Redis) -> None:
    click_id, _ = click_rows("203.0.113.7")
    await ClickStore(client, (KEY,), retention_days=2).erase(click_id.text())
    (key,) = [key async for key in client.scan_iter()]
    assert click_id.pack() not in key
    assert 2 * DAY_S - 60 < await client.ttl(key) <= 2 * DAY_S


async def test_what_was_told_of_a_click_that_lies_in_the_spool_is_erased(client: Redis, store: ClickStore) -> None:
    click_id, _ = click_rows("203.0.113.7")
    await store.enrich(click_id.text(), {"timezone": "Europe/London"})
    assert not await store.erase(click_id.text())
    assert await keys_of(client) == []


async def test_after_a_key_rotation_old_and_new_clicks_are_found_newest_first(client: Redis) -> None:
    rotated = ClickStore(client, (KEY, OLD_KEY))
    old, old_rows = click_rows("203.0.113.7", NOW_MS + 1, key=OLD_KEY)
    new, new_rows = click_rows("203.0.113.7", NOW_MS + 2)
    oldest, oldest_rows = click_rows("203.0.113.7", NOW_MS)
    await keep(rotated, *old_rows, *new_rows, *oldest_rows)
    found = await rotated.find("203.0.113.7", 0, NOW_MS + 9)
    assert [click.click_id for click in found] == [new.text(), old.text(), oldest.text()]
    assert [click.click_id for click in await rotated.find("203.0.113.7", 0, NOW_MS + 9, limit=2)] == [
        new.text(),
        old.text(),
    ]
    assert await rotated.get(old.text()) is not None
    assert await rotated.erase(old.text())


async def test_clicks_leave_with_their_retention(client: Redis) -> None:
    store = ClickStore(client, (KEY,), retention_days=2)
    sweeping = NOW_MS - NOW_MS % 16  # a sixteenth of the writes sweeps
    await keep(store, *click_rows("203.0.113.7", sweeping - 2 * DAY_S * 1000 - 1)[1])
    kept, rows = click_rows("203.0.113.7", sweeping - 2 * DAY_S * 1000 + 1)
    newest, more = click_rows("203.0.113.7", sweeping)
    await keep(store, *rows, *more)
    found = await store.find("203.0.113.7", 0, NOW_MS)
    assert [click.click_id for click in found] == [newest.text(), kept.text()]
    (key,) = await keys_of(client)
    assert 2 * DAY_S - 60 < await client.ttl(key) <= 2 * DAY_S


async def test_redis_holds_no_address_anyone_could_enumerate(client: Redis, store: ClickStore) -> None:
    await keep(store, *click_rows("203.0.113.7")[1])
    (key,) = await keys_of(client)
    assert b"203.0.113.7" not in key
    assert key != clicks_key(AddressHasher(OLD_KEY).hash(packed("203.0.113.7")))
