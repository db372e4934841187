"""Events, and what hangs on them, in partitions."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from ledger.delivery_claims import Lease, Sent, Settled, claim, settle
from ledger.erasure import erase
from ledger.events import join_events
from ledger.partitions import (
    AHEAD,
    KeyRange,
    in_place,
    is_missing,
    key_range_of,
    key_ranges,
    keys_left,
    layout_of,
    make_ahead,
    place_of,
)
from ledger.pixel_state import sending_pixel
from ledger.stored_events import store_events
from tests.forwarder.delivering.scene import APP, PIXEL
from tests.ledger.rows import NOW, Rows, opened_rows
from tests.ledger.test_events import event

pytestmark = pytest.mark.anyio
PARTITIONED = pytest.mark.parametrize("layout", ["partitioned"], indirect=True)


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    async with opened_rows(database_url) as opened:
        yield opened


async def test_a_plain_ledger_has_none_and_is_given_none(rows: Rows) -> None:
    assert (await layout_of(rows.pool), await keys_left(rows.pool), await make_ahead(rows.pool)) == ("plain", None, 0)


@PARTITIONED
async def test_an_event_that_comes_again_partitions_later_is_known(rows: Rows) -> None:
    first = await store_events(rows.pool, [event("again", app_id=APP)])
    for number in range(12):
        await store_events(rows.pool, [event(f"e{number}", app_id=APP)])
    assert await store_events(rows.pool, [event("again", app_id=APP), event("new", app_id=APP)]) != first
    assert await rows.pool.fetchval("SELECT count(*) FROM events WHERE event_id = 'again'") == 1
    assert await rows.pool.fetchval("SELECT count(DISTINCT tableoid) FROM events") > 2


@PARTITIONED
async def test_of_two_who_store_an_event_at_once_one_finds_it_new(rows: Rows) -> None:
    found = await asyncio.gather(*(store_events(rows.pool, [event("e", app_id=APP)]) for _ in range(8)))
    assert sum(map(len, found)) == await rows.pool.fetchval("SELECT count(*) FROM events") == 1


@PARTITIONED
async def test_an_event_given_twice_at_once_is_stored_once(rows: Rows) -> None:
    assert len(await store_events(rows.pool, [event("e", app_id=APP), event("e", app_id=APP)])) == 1


@PARTITIONED
async def test_a_conversion_is_claimed_and_settled_where_it_lies(rows: Rows) -> None:
    deliveries = [
        await rows.delivery(f"e{number}", next_attempt_at=NOW - timedelta(seconds=number)) for number in range(12)
    ]
    sent: list[int] = []
    for number in range(12):
        pixel = await sending_pixel(rows.pool, (APP, PIXEL), NOW)
        assert pixel is not None
        lease = Lease(APP, f"lease {number}", NOW + timedelta(seconds=30), pixel.place)
        claimed = [row.delivery_id for row in await claim(rows.pool, PIXEL, lease, 5, NOW)]
        done = [Settled(one, "delivered", "", 1, None, NOW, "delivered") for one in claimed]
        sent += await settle(rows.pool, lease, done, Sent(NOW, 200, 0, "OK", "r", 1))
    assert sorted(sent) == deliveries
    keys = "SELECT count(*) FROM attempts a JOIN deliveries d USING (app_id, delivery_id, event_key)"
    assert await rows.pool.fetchval(keys) == 12


@PARTITIONED
async def test_an_install_joins_what_waited_for_it_in_every_partition(rows: Rows) -> None:
    waiting = [event(f"e{number}", app_id=APP, install_id="late", joined=False) for number in range(12)]
    keys = await store_events(rows.pool, waiting)
    joined = await join_events(rows.pool, [(APP, "late", ())])
    assert {one.event_key for one in joined} == set(keys.values())
    assert await rows.pool.fetchval("SELECT bool_and(joined) FROM events")


@PARTITIONED
async def test_what_an_event_brings_goes_with_it(rows: Rows) -> None:
    for number in range(12):
        await rows.delivery(f"e{number}")
    await rows.pool.execute("DELETE FROM events WHERE event_id = 'e11'")
    assert await rows.pool.fetchval("SELECT count(*) FROM deliveries") == 11


@PARTITIONED
async def test_without_a_partition_nothing_is_stored_and_that_is_no_fault_of_the_event(rows: Rows) -> None:
    last = (await key_ranges(rows.pool))[-1]
    await rows.pool.execute(f"SELECT setval('events_event_key_seq', {last.top - 2})")
    await store_events(rows.pool, [event("last", app_id=APP)])
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await store_events(rows.pool, [event("too much", app_id=APP)])
    assert is_missing(refused.value)


async def test_a_broken_rule_of_a_table_is_no_missing_partition(rows: Rows) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await rows.delivery("e", state="nonsense")
    assert not is_missing(refused.value)


@PARTITIONED
async def test_the_next_ones_are_made_ahead_of_the_last_key(rows: Rows) -> None:
    top = (await key_ranges(rows.pool))[-1].top
    await rows.pool.execute(f"SELECT setval('events_event_key_seq', {top - 1})")
    try:
        assert await make_ahead(rows.pool, 100) == AHEAD
        assert await keys_left(rows.pool) == AHEAD * 100
        assert await make_ahead(rows.pool, 100) == 0
        assert await store_events(rows.pool, [event("e", app_id=APP)])
    finally:
        for keys in (await key_ranges(rows.pool))[-AHEAD:]:
            tables = ("attempts", "event_timers", "deliveries", "events")
            await rows.pool.execute(f"DROP TABLE {', '.join(keys.named(table) for table in tables)}")


def test_a_bound_is_read_as_postgresql_shows_it() -> None:
    assert key_range_of("FOR VALUES FROM (MINVALUE) TO ('20')") == KeyRange(20, None)
    assert key_range_of("FOR VALUES FROM ('20') TO ('30')") == KeyRange(30, 20)
    with pytest.raises(ValueError, match="no range of keys"):
        key_range_of("DEFAULT")


def test_a_statement_is_said_to_one_partition() -> None:
    statement = "UPDATE deliveries d SET attempts = 1 FROM events e JOIN installs i ON true"
    assert in_place(statement, "_to_5") == (
        "UPDATE deliveries_to_5 d SET attempts = 1 FROM events_to_5 e JOIN installs i ON true"
    )
    assert in_place(statement, place_of("deliveries", "deliveries")) == statement


@PARTITIONED
async def test_an_erasure_takes_ids_and_bodies_of_events_along(rows: Rows) -> None:
    keys = await store_events(rows.pool, [event("e", app_id=APP, install_id="gone"), event("f", app_id=APP)])
    await rows.pool.execute(
        "INSERT INTO webhook_bodies (app_id, provider, provider_event_id, type, outcome, received_at, event_key, body)"
        " VALUES ($1, 'stripe', 'p', '', 'event', $2, $3, '')",
        APP, NOW, keys[APP, "e"],
    )  # fmt: skip
    async with rows.pool.acquire() as connection, connection.transaction():
        await erase(connection, b"key", APP, install_id="gone")
    assert await rows.pool.fetchval("SELECT array_agg(event_id) FROM event_ids") == ["f"]
    assert await rows.pool.fetchval("SELECT count(*) FROM webhook_bodies") == 0
