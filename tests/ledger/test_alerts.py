"""Alerts: raised while their cause stands, posted once a day."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from ledger.alerts import Alert, posted, standing_alerts, sync_alerts, take_post
from ledger.delivery_watch import KINDS, delivery_alerts
from tests.forwarder.delivering.scene import PIXEL
from tests.ledger.rows import NOW, Rows, opened_rows

pytestmark = pytest.mark.anyio

HELD = Alert("pixel_held", "px_1", "held", "app_1", "px_1")
DEAD = Alert("deliveries_dead", "px_1", "3 dead", "app_1", "px_1")


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    async with opened_rows(database_url) as opened:
        yield opened


async def test_an_alert_is_new_once_and_gone_with_its_cause(rows: Rows) -> None:
    first = await sync_alerts(rows.pool, KINDS, [HELD, DEAD], NOW)
    assert set(first.raised) == {HELD, DEAD}
    again = await sync_alerts(rows.pool, KINDS, [HELD], NOW)
    assert (again.raised, again.cleared) == ((), ("deliveries_dead:px_1",))
    assert [alert.kind for alert in await standing_alerts(rows.pool)] == ["pixel_held"]


async def test_alerts_of_other_kinds_are_left_alone(rows: Rows) -> None:
    await sync_alerts(rows.pool, KINDS, [HELD], NOW)
    other = Alert("webhook_silent", "app_1:stripe", "nothing for 2 days", "app_1")
    assert (await sync_alerts(rows.pool, ["webhook_silent"], [other], NOW)).cleared == ()
    assert len(await standing_alerts(rows.pool)) == 2


async def test_one_apps_alert_neither_replaces_nor_clears_anothers_of_the_same_key(rows: Rows) -> None:
    theirs = Alert("pixel_held", "px_1", "held", "app_2", "px_1")
    assert set((await sync_alerts(rows.pool, KINDS, [HELD, theirs], NOW)).raised) == {HELD, theirs}
    assert (await sync_alerts(rows.pool, KINDS, [theirs], NOW)).cleared == ("pixel_held:px_1",)
    assert [alert.app_id for alert in await standing_alerts(rows.pool)] == ["app_2"]


async def test_a_message_that_changes_is_no_new_alert(rows: Rows) -> None:
    await sync_alerts(rows.pool, KINDS, [DEAD], NOW)
    more = Alert("deliveries_dead", "px_1", "4 dead", "app_1", "px_1")
    assert (await sync_alerts(rows.pool, KINDS, [more], NOW)).raised == ()
    assert [alert.message for alert in await standing_alerts(rows.pool)] == ["4 dead"]


@pytest.mark.parametrize(
    ("behind", "stands"),
    [(timedelta(seconds=3), True), (timedelta(0), False), (timedelta(seconds=-1), False), (timedelta(hours=1), False)],
    ids=["began before, or by a clock behind", "of that moment", "after it", "by a clock that is wrong"],
)
async def test_a_look_of_before_an_alert_was_raised_does_not_clear_it(
    rows: Rows, behind: timedelta, stands: bool
) -> None:
    await sync_alerts(rows.pool, KINDS, [HELD], NOW)
    await sync_alerts(rows.pool, KINDS, [], NOW - behind)
    assert bool(await standing_alerts(rows.pool)) is stands


async def test_an_alert_is_posted_once_a_day(rows: Rows) -> None:
    await sync_alerts(rows.pool, KINDS, [HELD], NOW)
    alert = await take_post(rows.pool, NOW)
    assert alert is not None
    await posted(rows.pool, alert, NOW)
    assert await take_post(rows.pool, NOW + timedelta(hours=23)) is None
    assert await take_post(rows.pool, NOW + timedelta(hours=24)) == alert


async def test_an_alert_that_was_not_posted_is_due_again_after_a_minute_then_two(rows: Rows) -> None:
    await sync_alerts(rows.pool, KINDS, [HELD], NOW)
    waits = []
    now = NOW
    for _ in range(4):
        assert await take_post(rows.pool, now) is not None
        due = await rows.pool.fetchval("SELECT post_at FROM alerts")
        waits.append((due - now).total_seconds() / 60)
        assert await take_post(rows.pool, due - timedelta(seconds=1)) is None
        now = due
    assert waits == [1, 2, 4, 8]


# -- what deliveries and pixels are alerted of


async def kinds(rows: Rows) -> list[str]:
    found = await delivery_alerts(rows.pool, NOW)
    assert all(alert.pixel_id == PIXEL for alert in found)
    return [alert.kind for alert in found]


async def test_nothing_is_wrong_with_an_empty_ledger(rows: Rows) -> None:
    assert await kinds(rows) == []


async def test_a_held_pixel_is_told_with_tiktoks_words_and_its_deliveries_are_not_late_besides(rows: Rows) -> None:
    await rows.delivery("e1", created_at=NOW - timedelta(hours=1), next_attempt_at=NOW - timedelta(hours=1))
    await rows.pool.execute("UPDATE pixels SET state = 'held', held_reason = '40105: revoked'")
    (alert,) = await delivery_alerts(rows.pool, NOW)
    assert alert.kind == "pixel_held"
    assert "40105: revoked" in alert.message


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"next_attempt_at": NOW - timedelta(minutes=6)}, ["deliveries_late"]),
        ({"next_attempt_at": NOW + timedelta(hours=1), "attempts": 3}, ["deliveries_late"]),
        ({"next_attempt_at": NOW - timedelta(minutes=4)}, []),
        ({"next_attempt_at": NOW + timedelta(hours=1), "reason": "waiting for install"}, []),
        ({"next_attempt_at": NOW - timedelta(minutes=6), "created_at": NOW}, []),
        ({"state": "delivered"}, []),
    ],
    ids=["overdue", "retried", "just released", "waiting", "new", "delivered"],
)
async def test_what_is_pending_for_five_minutes_is_late(
    rows: Rows, columns: dict[str, object], found: list[str]
) -> None:
    await rows.delivery("e1", **{"created_at": NOW - timedelta(hours=1), **columns})
    assert await kinds(rows) == found


async def test_dead_deliveries_are_counted_with_the_latest_reason(rows: Rows) -> None:
    await rows.delivery("long ago", state="dead", created_at=NOW - timedelta(days=4))
    await rows.delivery("e1", state="dead", reason="first")
    await rows.delivery("e2", state="dead", reason="40002: second")
    (alert,) = await delivery_alerts(rows.pool, NOW)
    assert alert.message == "2 deliveries of the last 3 days are dead; the latest: 40002: second"


async def test_a_pixel_whose_requests_keep_failing_is_told(rows: Rows) -> None:
    await rows.pool.execute("UPDATE pixels SET throttle_step = 6, paused_until = $1", NOW)
    assert await kinds(rows) == ["pixel_failing"]


async def test_a_disabled_pixel_is_not_told_of(rows: Rows) -> None:
    await rows.delivery("e1", created_at=NOW - timedelta(hours=1), next_attempt_at=NOW - timedelta(hours=1))
    await rows.pool.execute("UPDATE pixels SET enabled = false, throttle_step = 6, paused_until = $1", NOW)
    assert await kinds(rows) == []
