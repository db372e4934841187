"""What waits for a retry is due when its pixel works again."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from ledger.delivery_wake import wake
from tests.forwarder.delivering.scene import PIXEL_REF
from tests.layouts import ON_BOTH
from tests.ledger.rows import NOW, Rows, opened_rows

pytestmark = [pytest.mark.anyio, ON_BOTH]

LATER = NOW + timedelta(hours=2)


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    async with opened_rows(database_url) as opened:
        yield opened


async def test_what_failed_with_its_request_is_due_in_the_order_it_was_made_and_keeps_its_step(rows: Rows) -> None:
    young = await rows.delivery("young", attempts=3, next_attempt_at=LATER, last_outcome="unknown", created_at=NOW)
    made = NOW - timedelta(hours=1)
    old = await rows.delivery("old", attempts=5, next_attempt_at=LATER, last_outcome="transient", created_at=made)
    assert await wake(rows.pool, PIXEL_REF, NOW) == 2
    assert (await rows.due_at(old), await rows.due_at(young)) == (made, NOW)
    assert [
        row["attempts"] for row in await rows.pool.fetch("SELECT attempts FROM deliveries ORDER BY delivery_id")
    ] == [2, 4]


@pytest.mark.parametrize(
    "columns",
    [
        {"attempts": 0, "reason": "waiting for install"},
        {"attempts": 1, "last_outcome": "throttled"},
        {"attempts": 1, "last_outcome": "transient", "state": "dead"},
    ],
    ids=["waits for its install", "throttled", "dead"],
)
async def test_what_waits_for_something_else_goes_on_waiting(rows: Rows, columns: dict[str, object]) -> None:
    delivery = await rows.delivery("e", next_attempt_at=LATER, **columns)
    assert await wake(rows.pool, PIXEL_REF, NOW) == 0
    assert await rows.due_at(delivery) == LATER
