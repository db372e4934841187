"""Every code of TikTok's table, answered by the sandbox and settled: what it does to a delivery and to its pixel."""

from datetime import timedelta

import pytest

from forwarder.delivering.delivery import deliver_batch
from ledger.pixel_state import resume
from tests.forwarder.delivering.scene import PIXEL_REF, Scene
from tiktok.code_table import CODES, Outcome

pytestmark = pytest.mark.anyio

# outcome -> the delivery's state and attempts afterwards, whether the 48 hours have begun, the pixel's state
EXPECTED: dict[Outcome, tuple[str, int, bool, str]] = {
    "delivered": ("delivered", 1, True, "ok"),
    "throttled": ("due", 0, False, "ok"),
    "transient": ("due", 1, True, "ok"),
    "setup": ("held", 0, False, "held"),
    "invalid": ("dead", 1, False, "ok"),
}


@pytest.mark.parametrize("outcome", EXPECTED)
async def test_each_code_is_settled_as_its_row_of_the_table_says(scene: Scene, outcome: Outcome) -> None:
    for code in codes(outcome):
        await resume(scene.pool, PIXEL_REF)
        await scene.pool.execute("DELETE FROM events")
        delivery = await scene.delivery(f"e{code}")
        await scene.sandbox.fault(code=code, message="as scripted")
        await deliver_batch(scene.delivery_context, PIXEL_REF)
        shown = await scene.show(delivery)
        arrived = await scene.pool.fetchval("SELECT maybe_arrived_at IS NOT NULL FROM deliveries")
        found = (shown.item.state, shown.item.attempts, arrived, (await scene.pixel())["state"])
        assert (code, *found) == (code, *EXPECTED[outcome])
        (entry,) = shown.log
        assert (entry.code, entry.message, entry.outcome) == (code, "as scripted", outcome)
        assert shown.item.reason == ("" if outcome == "delivered" else f"{code}: as scripted")
        if outcome == "throttled":
            assert (await scene.pixel())["paused_until"] == scene.clock.now + timedelta(seconds=1)


async def test_a_code_nobody_documented_is_tried_again(scene: Scene) -> None:
    delivery = await scene.delivery("e1")
    await scene.sandbox.fault(code=49999, message="news")
    await deliver_batch(scene.delivery_context, PIXEL_REF)
    assert await scene.state(delivery) == ("due", "49999: news")
    assert [entry.outcome for entry in (await scene.show(delivery)).log] == ["unknown"]


def codes(outcome: Outcome) -> list[int]:
    """Those of the outcome; a single code's own row comes before the run it lies in."""
    singles = {row.first for row in CODES if row.first == row.last}
    found = {row.first for row in CODES if row.outcome == outcome and row.first == row.last}
    for row in CODES:
        if row.outcome == outcome and row.first != row.last:
            found |= {row.first, (row.first + row.last) // 2, row.last} - singles
    return sorted(found)
