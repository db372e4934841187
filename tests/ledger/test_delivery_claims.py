"""Claiming under a lease, and settling with it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from ledger.delivery_claims import (
    SETTLE,
    STORE_PREPARED,
    Lease,
    Prepared,
    Sent,
    Settled,
    State,
    backlog,
    claim,
    settle,
    store_prepared,
)
from tests.forwarder.delivering.scene import APP, PIXEL
from tests.layouts import ON_BOTH
from tests.ledger.plans import plan_of
from tests.ledger.rows import NOW, Rows, opened_rows

pytestmark = [pytest.mark.anyio, ON_BOTH]

MINE = Lease(APP, "mine", NOW + timedelta(seconds=90))
THEIRS = Lease(APP, "theirs", NOW + timedelta(seconds=200))
SENT = Sent(NOW, 200, 0, "OK", "r1", 12)


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    async with opened_rows(database_url) as opened:
        yield opened


async def claimed(rows: Rows, lease: Lease = MINE, limit: int = 10, now: datetime = NOW) -> list[int]:
    return [row.delivery_id for row in await claim(rows.pool, PIXEL, lease, limit, now)]


def settled(delivery_id: int, state: State = "delivered") -> Settled:
    return Settled(delivery_id, state, "", 1, NOW if state == "due" else None, NOW, "delivered")


async def test_the_oldest_due_is_claimed_first_and_no_more_than_asked_for(rows: Rows) -> None:
    young = await rows.delivery("young", next_attempt_at=NOW - timedelta(seconds=1))
    old = await rows.delivery("old", next_attempt_at=NOW - timedelta(seconds=3))
    older = await rows.delivery("older", next_attempt_at=NOW - timedelta(seconds=2))
    assert await claimed(rows, limit=2) == [old, older]
    assert await claimed(rows) == [young]


async def test_what_is_not_due_yet_is_left(rows: Rows) -> None:
    await rows.delivery("later", next_attempt_at=NOW + timedelta(seconds=1))
    assert await claimed(rows) == []


@pytest.mark.parametrize("state", ["delivered", "suppressed", "skipped", "dead"])
async def test_what_is_finished_is_left(rows: Rows, state: str) -> None:
    await rows.delivery("e1", state=state)
    assert await claimed(rows) == []


async def test_a_claim_counts_as_no_attempt(rows: Rows) -> None:
    await rows.delivery("e1", attempts=3)
    (row,) = await claim(rows.pool, PIXEL, MINE, 10, NOW)
    assert row.attempts == 3
    assert row.due_at == NOW


async def test_rows_under_a_lease_are_nobody_elses_until_it_ends(rows: Rows) -> None:
    delivery = await rows.delivery("e1")
    await claimed(rows)
    assert await claimed(rows, THEIRS, now=MINE.until - timedelta(seconds=1)) == []
    (taken_over,) = await claim(rows.pool, PIXEL, THEIRS, 10, MINE.until)
    assert (taken_over.delivery_id, taken_over.takeovers) == (delivery, 1)


async def test_an_answer_ends_the_count_of_takeovers_and_giving_back_does_not(rows: Rows) -> None:
    delivery = await rows.delivery("e1", state="sending")
    await claimed(rows)
    await settle(rows.pool, MINE, [settled(delivery, "due")], None)
    assert await rows.pool.fetchval("SELECT takeovers FROM deliveries") == 1
    await claimed(rows)
    await settle(rows.pool, MINE, [settled(delivery, "due")], SENT)
    assert await rows.pool.fetchval("SELECT takeovers FROM deliveries") == 0


async def test_claims_at_the_same_time_share_no_row(rows: Rows) -> None:
    for number in range(40):
        await rows.delivery(f"e{number}")
    leases = [Lease(APP, f"worker {number}", MINE.until) for number in range(8)]
    found = await asyncio.gather(*(claimed(rows, lease, limit=5) for lease in leases))
    numbers = [number for batch in found for number in batch]
    assert len(numbers) == len(set(numbers)) == 40


async def test_the_payload_of_the_first_send_stays(rows: Rows) -> None:
    delivery = await rows.delivery("e1")
    await claimed(rows)
    await store_prepared(rows.pool, MINE, [Prepared(delivery, '{"a":1}', ("a note",), "i1")], NOW)
    again = [Prepared(delivery, '{"b":2}', (), None)]
    await store_prepared(rows.pool, MINE, again, NOW + timedelta(hours=1))
    row = await rows.pool.fetchrow("SELECT payload, notes, maybe_arrived_at FROM deliveries")
    assert tuple(row) == ('{"a":1}', ["a note"], NOW)


async def test_nothing_is_prepared_under_a_lease_that_was_taken_over(rows: Rows) -> None:
    delivery = await rows.delivery("e1")
    await claimed(rows)
    await claimed(rows, THEIRS, now=MINE.until)
    assert await store_prepared(rows.pool, MINE, [Prepared(delivery, "{}", (), None)], NOW) == set()


async def test_settling_writes_the_state_and_one_row_of_the_log(rows: Rows) -> None:
    delivery = await rows.delivery("e1")
    await claimed(rows)
    assert await settle(rows.pool, MINE, [settled(delivery)], SENT) == {delivery}
    row = await rows.pool.fetchrow("SELECT state, attempts, lease, delivered_at, last_code, request_id FROM deliveries")
    assert tuple(row) == ("delivered", 1, None, NOW, 0, "r1")
    log = await rows.pool.fetch("SELECT outcome, status, code, message, request_id, ms FROM attempts")
    assert [tuple(entry) for entry in log] == [("delivered", 200, 0, "OK", "r1", 12)]


async def test_settling_under_a_lease_that_was_taken_over_touches_nothing(rows: Rows) -> None:
    delivery = await rows.delivery("e1")
    await claimed(rows)
    await claimed(rows, THEIRS, now=MINE.until)
    assert await settle(rows.pool, MINE, [settled(delivery)], SENT) == set()
    assert await rows.pool.fetchval("SELECT state FROM deliveries") == "sending"
    assert await rows.pool.fetchval("SELECT count(*) FROM attempts") == 0


async def test_what_was_not_sent_leaves_no_trace_in_the_log(rows: Rows) -> None:
    delivery = await rows.delivery("e1", last_outcome="transient")
    await claimed(rows)
    await settle(rows.pool, MINE, [settled(delivery, "due")], None)
    assert await rows.pool.fetchval("SELECT last_outcome FROM deliveries") == "transient"
    assert await rows.pool.fetchval("SELECT count(*) FROM attempts") == 0


async def test_a_row_that_is_sent_again_at_once_stays_under_the_lease(rows: Rows) -> None:
    delivery = await rows.delivery("e1")
    await claimed(rows)
    again = Settled(delivery, "sending", "", 0, MINE.until, None, "invalid")
    await settle(rows.pool, MINE, [again], SENT)
    assert await claimed(rows, THEIRS) == []
    assert await settle(rows.pool, MINE, [settled(delivery)], SENT) == {delivery}


async def test_the_backlog_counts_what_is_still_to_be_sent(rows: Rows) -> None:
    await rows.delivery("waits", created_at=NOW - timedelta(hours=3), reason="waiting for install")
    await rows.delivery("oldest", created_at=NOW - timedelta(hours=2))
    await rows.delivery("done", created_at=NOW - timedelta(hours=4), state="delivered")
    found = await backlog(rows.pool)
    assert (found.pending, found.oldest_created_at) == (2, NOW - timedelta(hours=2))


async def test_a_lease_of_one_app_neither_claims_nor_settles_what_is_another_apps(rows: Rows) -> None:
    app_id, pixel_id = await rows.second_app()
    delivery = await rows.delivery("e1")
    await rows.to_second_app(delivery)
    theirs = Lease(app_id, "mine", MINE.until)
    assert await claim(rows.pool, pixel_id, MINE, 10, NOW) == []
    assert len(await claim(rows.pool, pixel_id, theirs, 10, NOW)) == 1
    assert await settle(rows.pool, MINE, [settled(delivery)], SENT) == set()
    assert await settle(rows.pool, theirs, [settled(delivery)], SENT) == {delivery}


def held_by(plan: dict[str, Any]) -> list[str]:
    """What rows are held for one by one: the other side of the loop in which that is done."""
    under = plan.get("Plans", [])
    found = [kind for child in under for kind in held_by(child)]
    holds = any(one["Node Type"] == "LockRows" for child in under for one in (child, *child.get("Plans", [])))
    return [*found, under[0]["Node Type"]] if plan["Node Type"] == "Nested Loop" and holds else found


@pytest.mark.parametrize("statement", [STORE_PREPARED, SETTLE])
async def test_each_row_of_a_batch_is_looked_up_by_its_number_whatever_the_statistics_say(
    rows: Rows, statement: str
) -> None:
    async with rows.pool.acquire() as connection:
        assert held_by(await plan_of(connection, statement)) == ["Function Scan"]
