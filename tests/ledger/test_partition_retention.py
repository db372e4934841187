"""What is too old goes with its partition, and nothing that is counted or still to be sent goes uncounted or unsent."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import asyncpg
import pytest

from ledger import partitions
from ledger.partitions import KeyRange, key_ranges
from ledger.retention import SPARED, delete_old
from ledger.stored_events import store_events
from tests.forwarder.delivering.scene import APP, PIXEL
from tests.ledger.rows import NOW, Rows, opened_rows
from tests.ledger.test_events import event
from tests.ledger.waiting import until_somebody_waits

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("layout", ["partitioned"], indirect=True)]

OLD = NOW - timedelta(days=181)
FIRST, SECOND = KeyRange(8, None), KeyRange(12, 8)


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    async with opened_rows(database_url) as opened:
        yield opened


async def deliveries(rows: Rows, count: int, received_at: datetime = OLD) -> None:
    for number in range(count):
        await rows.delivery(f"e{number}", state="delivered")
    await rows.pool.execute("UPDATE events SET received_at = $1, joined = true", received_at)


async def kept(rows: Rows) -> list[KeyRange]:
    return (await key_ranges(rows.pool))[:2]


async def test_a_partition_goes_with_all_that_hangs_on_its_events(rows: Rows) -> None:
    events = [event(f"e{number}", app_id=APP, received_at=OLD, joined=True) for number in range(9)]
    await store_events(rows.pool, events)
    await rows.pool.execute(
        "INSERT INTO deliveries (app_id, pixel_id, event_key, event_id, source_event_id, source_event, target_event,"
        " state) SELECT app_id, $1, event_key, '', '', '', '', 'delivered' FROM events",
        PIXEL,
    )
    await rows.pool.execute(
        "INSERT INTO attempts (app_id, delivery_id, event_key, at, outcome, ms)"
        " SELECT app_id, delivery_id, event_key, now(), 'x', 1 FROM deliveries"
    )
    assert (await delete_old(rows.pool, 180, NOW))["partitions"] == 1
    assert await kept(rows) == [SECOND, KeyRange(16, 12)]
    for table in ("events", "event_ids", "deliveries", "attempts"):
        assert await rows.pool.fetchval(f"SELECT min(event_key) FROM {table}") == 8, table  # noqa: S608 - own names


async def test_one_whose_youngest_event_is_not_too_old_stays(rows: Rows) -> None:
    await deliveries(rows, 9)
    await rows.pool.execute("UPDATE events SET received_at = $1 WHERE event_key = 7", NOW - timedelta(days=180))
    assert (await delete_old(rows.pool, 180, NOW))["partitions"] == 0
    assert await rows.pool.fetchval("SELECT count(*) FROM events") == 9


async def test_one_whose_keys_are_not_all_given_stays(rows: Rows) -> None:
    await deliveries(rows, 6)
    assert (await delete_old(rows.pool, 180, NOW))["partitions"] == 0


async def test_one_with_a_delivery_that_is_still_to_be_sent_stays(rows: Rows) -> None:
    await deliveries(rows, 9)
    await rows.pool.execute("UPDATE deliveries SET state = 'due' WHERE event_key = 1")
    assert (await delete_old(rows.pool, 180, NOW))["partitions"] == 0


async def test_no_event_stays_longer_than_a_week_more(rows: Rows) -> None:
    await deliveries(rows, 3)
    assert (await delete_old(rows.pool, 180, OLD + timedelta(days=180) + SPARED))["events"] == 0
    assert (await delete_old(rows.pool, 180, OLD + timedelta(days=180, seconds=1) + SPARED))["events"] == 3
    assert await rows.pool.fetchval("SELECT count(*) FROM event_ids") == 0


async def test_an_event_that_never_found_its_install_keeps_no_partition(rows: Rows) -> None:
    await deliveries(rows, 9)
    await rows.pool.execute("UPDATE events SET joined = false")
    assert (await delete_old(rows.pool, 180, NOW))["partitions"] == 1


async def test_reports_count_it_afterwards_as_before(rows: Rows) -> None:
    await rows.pool.execute(
        "INSERT INTO installs (app_id, install_id, platform, occurred_at, body, match_method, click_id, click)"
        " VALUES ($1, 'i1', 'ios', $2, '{}', 'click_id', 'c', '{}')",
        APP, NOW,
    )  # fmt: skip
    await deliveries(rows, 9)
    await delete_old(rows.pool, 180, NOW)
    assert await rows.pool.fetchval("SELECT sum(events) FROM report_archive") == 7


async def test_one_that_somebody_reads_goes_the_next_time(
    rows: Rows, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "LOCK_PAUSE_S", 0.0)
    await deliveries(rows, 9)
    reader = await asyncpg.connect(database_url)
    async with reader.transaction():
        await reader.execute("LOCK TABLE events_to_8 IN ACCESS SHARE MODE")
        assert (await delete_old(rows.pool, 180, NOW))["partitions"] == 0
    await reader.close()
    assert (await delete_old(rows.pool, 180, NOW))["partitions"] == 1


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Another worker's."""
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


DROP_FIRST = f"DROP TABLE {', '.join(FIRST.named(table) for table in partitions.TABLES)}"


async def test_one_that_another_worker_drops_meanwhile_ends_nobodys_round(
    rows: Rows, other: asyncpg.Connection
) -> None:
    await deliveries(rows, 9)
    await rows.pool.execute(
        "INSERT INTO webhook_bodies (app_id, provider, provider_event_id, type, outcome, received_at, body)"
        " VALUES ($1, 'stripe', 'e', '', 'unread', $2, '')",
        APP, OLD,
    )  # fmt: skip
    async with other.transaction():
        await other.execute("LOCK TABLE installs IN ACCESS EXCLUSIVE MODE")
        deleting = asyncio.create_task(delete_old(rows.pool, 180, NOW))
        await until_somebody_waits(rows.pool)  # it has asked which partitions there are
        await other.execute(DROP_FIRST)
    deleted = await deleting
    assert (deleted["partitions"], deleted["webhook_bodies"]) == (0, 1)


async def test_one_that_is_dropped_while_it_is_listed_is_left_out(rows: Rows, other: asyncpg.Connection) -> None:
    async with rows.pool.acquire() as reader, reader.transaction(isolation="repeatable_read"):
        await reader.execute("SELECT FROM pg_inherits")
        await other.execute(DROP_FIRST)
        assert FIRST not in await key_ranges(reader)
