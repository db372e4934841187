"""Which dead deliveries are sent again."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from ledger.delivery_filter import DeliveryFilter
from ledger.delivery_replay import MAY_COUNT_TWICE, Refused, Replay, dead_since, replay
from ledger.delivery_views import show_delivery
from tests.forwarder.delivering.scene import APP
from tests.ledger.rows import NOW, Rows, opened_rows

pytestmark = pytest.mark.anyio


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    async with opened_rows(database_url) as opened:
        yield opened


async def dead(rows: Rows, event_id: str = "e1", **columns: Any) -> str:
    return str(await rows.delivery(event_id, state="dead", next_attempt_at=None, attempts=12, **columns))


async def row_of(rows: Rows, *columns: str) -> tuple[Any, ...]:
    row = await rows.pool.fetchrow("SELECT * FROM deliveries")
    return tuple(row[column] for column in columns)


async def test_a_dead_delivery_is_due_now_with_the_whole_schedule_before_it(rows: Rows) -> None:
    delivery = await dead(rows)
    assert await replay(rows.pool, [delivery], NOW) == Replay((delivery,), ())
    assert await row_of(rows, "state", "attempts", "next_attempt_at", "reason") == ("due", 0, NOW, "")


@pytest.mark.parametrize("state", ["due", "sending", "delivered", "suppressed", "skipped"])
async def test_only_dead_deliveries_are_replayed_even_by_force(rows: Rows, state: str) -> None:
    delivery = str(await rows.delivery("e1", state=state))
    refused = Refused(delivery, f"is {state}: only dead deliveries are replayed")
    assert await replay(rows.pool, [delivery], NOW, force=True) == Replay((), (refused,))


async def test_what_does_not_exist_is_refused(rows: Rows) -> None:
    refused = (Refused("7", "there is no such delivery"), Refused("x", "there is no such delivery"))
    assert await replay(rows.pool, ["7", "x"], NOW) == Replay((), refused)


async def test_what_tiktok_may_have_forgotten_needs_force(rows: Rows) -> None:
    delivery = await dead(rows, maybe_arrived_at=NOW - timedelta(hours=48))
    assert await replay(rows.pool, [delivery], NOW) == Replay((), (Refused(delivery, MAY_COUNT_TWICE),))
    assert await replay(rows.pool, [delivery], NOW, force=True) == Replay((delivery,), ())
    assert await row_of(rows, "maybe_arrived_at") == (None,)


async def test_within_the_48_hours_the_clock_runs_on_and_the_bytes_stay(rows: Rows) -> None:
    first = NOW - timedelta(hours=40)
    delivery = await dead(rows, maybe_arrived_at=first, payload="{}", last_outcome="transient")
    await replay(rows.pool, [delivery], NOW)
    assert await row_of(rows, "maybe_arrived_at", "payload") == (first, "{}")


async def test_what_tiktok_refused_is_built_anew(rows: Rows) -> None:
    delivery = await dead(rows, payload="{}", last_outcome="invalid")
    await replay(rows.pool, [delivery], NOW)
    assert await row_of(rows, "payload") == (None,)


async def test_the_dead_since_a_time_are_found_oldest_first(rows: Rows) -> None:
    await dead(rows, "before", created_at=NOW - timedelta(hours=2))
    young = await dead(rows, "young", created_at=NOW)
    old = await dead(rows, "old", created_at=NOW - timedelta(hours=1))
    since = NOW - timedelta(hours=1)
    assert await dead_since(rows.pool, DeliveryFilter(since=since)) == [old, young]
    assert await dead_since(rows.pool, DeliveryFilter(app_id=APP, since=since, until=NOW)) == [old]
    assert await dead_since(rows.pool, DeliveryFilter(app_id="app_bbbbbbbbbbbb", since=since)) == []


async def test_the_log_keeps_what_was_sent_before_a_payload_is_built_anew(rows: Rows) -> None:
    delivery = await dead(rows, payload='{"old":1}', last_outcome="invalid")
    await rows.pool.execute(
        "INSERT INTO attempts (app_id, delivery_id, at, outcome, ms) VALUES ($1, $2, $3, 'invalid', 1)",
        APP, int(delivery), NOW,
    )  # fmt: skip
    await replay(rows.pool, [delivery], NOW)
    await rows.pool.execute("UPDATE deliveries SET payload = '{\"new\":1}'")
    shown = await show_delivery(rows.pool, delivery)
    assert shown is not None
    assert (shown.payload, [entry.payload for entry in shown.log]) == ('{"new":1}', ['{"old":1}'])


async def test_deliveries_of_several_apps_are_replayed_at_once(rows: Rows) -> None:
    await rows.second_app()
    mine, theirs = await dead(rows, "e1"), await dead(rows, "e2")
    await rows.to_second_app(int(theirs))
    assert await replay(rows.pool, [theirs, mine], NOW) == Replay((theirs, mine), ())
    assert await rows.pool.fetchval("SELECT count(*) FROM deliveries WHERE state = 'due'") == 2
