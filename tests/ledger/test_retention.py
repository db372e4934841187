"""Nothing is kept longer than it may be."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from ledger import retention
from ledger.apps import all_apps
from ledger.installs import get_installs, pending_installs, update_matches
from ledger.report_deltas import counted_anew
from ledger.report_facts import ARCHIVED
from ledger.retention import delete_old
from ledger.stored_events import store_events
from tests.forwarder.delivering.scene import APP
from tests.ledger.rows import NOW, SECOND_APP, Rows, opened_rows
from tests.ledger.test_events import event
from tests.ledger.waiting import until_somebody_waits

pytestmark = pytest.mark.anyio

OLD, KEPT = NOW - timedelta(days=181), NOW - timedelta(days=179)


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    async with opened_rows(database_url) as opened:
        yield opened


async def install(rows: Rows, install_id: str, received_at: datetime) -> None:
    await rows.pool.execute(
        """INSERT INTO installs (app_id, install_id, platform, occurred_at, received_at, body, match_method)
        VALUES ($1, $2, 'ios', $3, $3, '{}', 'none')""",
        APP, install_id, received_at,
    )  # fmt: skip


async def test_old_events_go_with_their_deliveries_and_their_log(rows: Rows) -> None:
    delivery = await rows.delivery("e1", state="delivered")
    await rows.pool.execute(
        "INSERT INTO attempts (app_id, delivery_id, at, outcome, ms) VALUES ($1, $2, $3, 'x', 1)", APP, delivery, OLD
    )
    await rows.pool.execute("UPDATE events SET received_at = $1", OLD)
    deleted = await delete_old(rows.pool, 180, NOW)
    assert deleted["events"] == 1
    for table in ("events", "deliveries", "attempts"):
        assert await rows.pool.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608


async def test_old_installs_go_and_younger_ones_stay(rows: Rows) -> None:
    await install(rows, "old", OLD)
    await install(rows, "kept", KEPT)
    await rows.event("kept", received_at=KEPT)
    deleted = await delete_old(rows.pool, 180, NOW)
    assert {table: count for table, count in deleted.items() if count} == {"installs": 1}
    assert await rows.pool.fetchval("SELECT install_id FROM installs") == "kept"


async def test_a_drain_is_remembered_for_two_days(rows: Rows) -> None:
    for drain, age in (("old", timedelta(days=2, seconds=1)), ("kept", timedelta(days=2))):
        await rows.pool.execute("INSERT INTO count_drains (drain_id, at) VALUES ($1, $2)", drain, NOW - age)
    await delete_old(rows.pool, 180, NOW)
    assert await rows.pool.fetchval("SELECT array_agg(drain_id) FROM count_drains") == ["kept"]


async def test_more_than_one_chunk_is_deleted(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)
    for number in range(5):
        await rows.event(f"e{number}", received_at=OLD)
    assert (await delete_old(rows.pool, 180, NOW))["events"] == 5


async def test_of_a_key_that_an_app_had_before_nothing_is_kept_beyond_its_end(rows: Rows) -> None:
    await rows.second_app()
    for app_id, until in ((APP, NOW - timedelta(seconds=1)), (SECOND_APP, NOW + timedelta(seconds=1))):
        await rows.pool.execute(
            """UPDATE apps
            SET (previous_api_key_hash, previous_api_key_encrypted, previous_key_until) = ('\\x03', 'k', $2)
            WHERE app_id = $1""",
            app_id, until,
        )  # fmt: skip
    assert (await delete_old(rows.pool, 180, NOW))["previous_api_keys"] == 1
    kept = {app.app_id: app.previous_key for app in await all_apps(rows.pool)}
    assert kept[APP] is None
    assert kept[SECOND_APP] is not None
    assert await rows.pool.fetchval(
        """SELECT count(*) FROM apps WHERE app_id = $1
            AND num_nonnulls(previous_api_key_hash, previous_api_key_encrypted, previous_key_until) = 0""", APP
    ) == 1  # fmt: skip


INSTALL = """
INSERT INTO installs (app_id, install_id, platform, occurred_at, received_at, body, match_method, click_id, click)
VALUES ($1, 'i', 'ios', $2, $2, '{}', 'referrer', 'c', '{"campaign_id": "17"}')
"""
COUNTED = "SELECT coalesce(sum(events), 0) FROM report_deltas"
KEPT_OF_IT = "SELECT coalesce(sum(events), 0) FROM report_archive"


async def test_an_event_that_is_being_stored_while_its_install_goes_is_kept_for_reports(rows: Rows) -> None:
    await rows.pool.execute(INSTALL, APP, OLD)
    async with rows.pool.acquire() as intake, intake.transaction():
        await store_events(intake, [event(app_id=APP, joined=True, received_at=KEPT, occurred_at=KEPT)])
        deleting = asyncio.create_task(delete_old(rows.pool, 180, NOW))
        await until_somebody_waits(rows.pool)
    assert (await deleting)["installs"] == 1
    assert [await rows.pool.fetchval(one) for one in (COUNTED, KEPT_OF_IT)] == [1, 1]
    assert await rows.pool.fetchval("SELECT flags FROM events") == [ARCHIVED]


async def test_an_event_whose_install_is_being_matched_while_it_goes_is_kept_for_reports(rows: Rows) -> None:
    await rows.pool.execute(INSTALL, APP, KEPT)
    await rows.pool.execute("UPDATE installs SET match_method = 'pending'")
    matched = await get_installs(rows.pool, [(APP, "i")])
    await rows.pool.execute("UPDATE installs SET click_id = NULL, click = NULL")
    await store_events(rows.pool, [event(app_id=APP, joined=True, received_at=OLD)])
    async with rows.pool.acquire() as worker, worker.transaction():
        [waiting] = await pending_installs(worker, APP, 1, NOW)
        async with counted_anew(worker, [waiting.key]):
            await update_matches(worker, list(matched.values()))
        deleting = asyncio.create_task(delete_old(rows.pool, 180, NOW))
        await until_somebody_waits(rows.pool)
    assert (await deleting)["events"] == 1
    assert [await rows.pool.fetchval(one) for one in (COUNTED, KEPT_OF_IT)] == [1, 1]
