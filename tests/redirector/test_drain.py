from collections import Counter
from pathlib import Path

import pytest
from redis.asyncio import Redis

from clicks.batch import Batch, Row, clicks_key
from clicks.click_id import ClickId
from clicks.connection import connect
from clicks.counts import drain
from clicks.store import ClickStore
from redirector.counters import Counters
from redirector.drain import MAX_MERGED, Drainer, merged
from redirector.recorder import Recorder
from redirector.spool import Spool
from redirector.writer import NEVER_SENT

MB = 1024 * 1024
FIELD = "500000\x1fclick\x1fspring\x1fios\x1f\x1f\x1f"


def single(number: int, writer: str = NEVER_SENT) -> Batch:
    return Batch(writer, number, [Row(b"c:key", number, b"\x01record %d" % number)], {FIELD: 1})


def test_batches_that_were_never_sent_are_joined_under_names_of_the_segment() -> None:
    count = 2 * MAX_MERGED + 3
    joined = [batch for batch in merged((single(n) for n in range(count)), "segment") if batch is not None]
    assert [(batch.writer, batch.number) for batch in joined] == [("segment", 0), ("segment", 1), ("segment", 2)]
    assert [row for batch in joined for row in batch.rows] == [single(n).rows[0] for n in range(count)]
    assert sum((Counter(batch.counts) for batch in joined), Counter()) == {FIELD: count}


def test_a_segment_read_again_is_joined_the_same_way() -> None:
    batches = [single(n) if n % 3 else single(n, "live") for n in range(500)]
    assert list(merged(batches, "segment")) == list(merged(batches, "segment"))


def test_batches_that_were_sent_keep_their_name_and_damage_is_handed_on() -> None:
    found = list(merged([single(1), single(7, "live"), None, single(2)], "segment"))
    assert found[:2] == [single(7, "live"), None]
    assert found[2] == Batch("segment", 0, [*single(1).rows, *single(2).rows], {FIELD: 2})
    assert len(found) == 3


def segments(directory: Path) -> list[Path]:
    return list(directory.glob("*.spool"))


class Waiter:
    """A visitor; knows whether it was answered."""

    def __init__(self) -> None:
        self.is_answered = False

    def release(self) -> None:
        self.is_answered = True


class Scene:
    """A recorder with a spool and a drainer, over one real Redis."""

    def __init__(self, client: Redis, directory: Path) -> None:
        self.counters = Counters()
        self.spool = Spool(directory, MB)
        self.store = ClickStore(client, (b"k" * 32,))
        self.recorder = Recorder(self.store, self.spool, self.counters, budget_s=5.0)
        self.drainer = Drainer(self.store.replay, self.spool, self.recorder, self.counters)

    async def visit(self, number: int) -> None:
        waiter = Waiter()
        self.recorder.record(tuple(single(number).rows), FIELD, waiter)
        await self.recorder.close()
        assert waiter.is_answered


@pytest.mark.usefixtures("one_redis")
@pytest.mark.anyio
async def test_what_was_spooled_is_stored_and_counted_once_though_it_is_drained_twice(
    redis_url: str, tmp_path: Path
) -> None:
    async with connect(redis_url) as client:
        assert isinstance(client, Redis)
        scene = Scene(client, tmp_path)
        for _ in range(3):
            scene.recorder.breaker.failed(0.0)
        for number in range(300):
            await scene.visit(number)
        scene.spool.seal()
        (segment,) = segments(tmp_path)
        copy = segment.read_bytes()
        scene.recorder.breaker.succeeded()
        assert await scene.drainer.drain() == 300
        assert segments(tmp_path) == []
        segment.write_bytes(copy)  # as if it had been killed before it could delete the segment
        await scene.drainer.drain()
        drained = await drain(client)
        assert drained is not None
        assert [row.visits for row in drained.counts] == [300]
        assert await client.zcard("c:key") == 300
        assert (scene.counters.spooled, scene.counters.spool_dropped) == (300, 0)


@pytest.mark.usefixtures("one_redis")
@pytest.mark.anyio
async def test_a_drain_that_redis_stops_keeps_the_segment(redis_url: str, tmp_path: Path) -> None:
    async with connect(redis_url) as client:
        assert isinstance(client, Redis)
        scene = Scene(client, tmp_path)
        for number in range(5):
            scene.spool.append(single(number))
        await client.config_set("maxmemory", 1)
        try:
            assert await scene.drainer.drain() == 0
        finally:
            await client.config_set("maxmemory", 0)
        assert len(segments(tmp_path)) == 1
        assert await scene.drainer.drain() == 5


@pytest.mark.usefixtures("one_redis")
@pytest.mark.anyio
async def test_a_click_erased_while_it_was_spooled_stays_away(redis_url: str, tmp_path: Path) -> None:
    async with connect(redis_url) as client:
        assert isinstance(client, Redis)
        scene = Scene(client, tmp_path)
        clicks = [ClickId(1_800_000_000_000 + number, 7, b"clic%d" % number) for number in range(3)]
        for click_id in clicks:
            row = Row(clicks_key(click_id.address_hash), click_id.at_ms, b"\x01" + click_id.random)
            scene.spool.append(Batch(NEVER_SENT, 0, [row], {FIELD: 1}))
        assert not await scene.store.erase(clicks[1].text())
        assert await scene.drainer.drain() == 3
        members = await client.zrange(clicks_key(7), 0, -1, withscores=True)
        assert [int(score) for _, score in members] == [clicks[0].at_ms, clicks[2].at_ms]
        assert (segments(tmp_path), scene.spool.clicks) == ([], 0)


class Broken:
    """A store that fails in a way nobody foresaw."""

    async def apply(self, batch: Batch) -> None:
        raise RuntimeError("never seen before")


@pytest.mark.anyio
async def test_whatever_the_store_raises_the_visitor_is_answered_and_the_click_spooled(tmp_path: Path) -> None:
    counters, spool = Counters(), Spool(tmp_path, MB)
    recorder = Recorder(Broken(), spool, counters, budget_s=5.0)
    waiter = Waiter()
    recorder.record(tuple(single(1).rows), FIELD, waiter)
    await recorder.close()
    assert waiter.is_answered
    assert (counters.spooled, dict(counters.redis_failures)) == (1, {"RuntimeError": 1})


class Counting:
    """A store that remembers how many visits each batch held."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    async def apply(self, batch: Batch) -> None:
        self.sizes.append(sum(batch.counts.values()))


@pytest.mark.anyio
async def test_a_rush_is_committed_in_batches_of_bounded_size(tmp_path: Path) -> None:
    store = Counting()
    recorder = Recorder(store, Spool(tmp_path, MB), Counters(), budget_s=5.0)
    waiters = [Waiter() for _ in range(1_200)]
    for number, waiter in enumerate(waiters):
        recorder.record(tuple(single(number).rows), FIELD, waiter)
    await recorder.close()
    assert store.sizes == [512, 512, 176]
    assert all(waiter.is_answered for waiter in waiters)
