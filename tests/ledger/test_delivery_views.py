"""Deliveries as people see them."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from ledger.delivery_filter import DeliveryFilter
from ledger.delivery_views import deliveries_of_install, list_deliveries, show_delivery
from tests.forwarder.delivering.scene import APP, PIXEL
from tests.ledger.rows import NOW, Rows, opened_rows

pytestmark = pytest.mark.anyio


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    async with opened_rows(database_url) as opened:
        yield opened


async def listed(rows: Rows, state: str | None) -> list[str]:
    return [item.source_event_id for item in (await list_deliveries(rows.pool, DeliveryFilter(state), 10)).items]


async def test_the_newest_comes_first_and_a_cursor_leads_on(rows: Rows) -> None:
    for number in range(5):
        await rows.delivery(f"e{number}")
    first = await list_deliveries(rows.pool, DeliveryFilter(app_id=APP), 2)
    second = await list_deliveries(rows.pool, DeliveryFilter(app_id=APP), 2, first.next)
    third = await list_deliveries(rows.pool, DeliveryFilter(app_id=APP), 2, second.next)
    pages = [[item.source_event_id for item in page.items] for page in (first, second, third)]
    assert pages == [["e4", "e3"], ["e2", "e1"], ["e0"]]
    assert third.next is None


async def test_another_apps_deliveries_are_not_listed(rows: Rows) -> None:
    await rows.delivery("e1")
    assert (await list_deliveries(rows.pool, DeliveryFilter(app_id="app_bbbbbbbbbbbb"), 10)).items == ()


async def test_a_due_delivery_of_a_held_pixel_is_shown_as_held_with_the_reason(rows: Rows) -> None:
    delivery = await rows.delivery("due")
    await rows.delivery("done", state="delivered")
    await rows.pool.execute("UPDATE pixels SET state = 'held', held_reason = '40105: revoked'")
    assert await listed(rows, "held") == ["due"]
    assert await listed(rows, "due") == []
    assert await listed(rows, "delivered") == ["done"]
    shown = await show_delivery(rows.pool, str(delivery))
    assert shown is not None
    assert (shown.item.state, shown.item.reason) == ("held", "40105: revoked")


async def test_a_due_delivery_of_a_disabled_pixel_is_held(rows: Rows) -> None:
    await rows.delivery("due")
    await rows.pool.execute("UPDATE pixels SET enabled = false")
    (item,) = (await list_deliveries(rows.pool, DeliveryFilter("held"), 10)).items
    assert item.reason == "pixel disabled"


@pytest.mark.parametrize("state", ["due", "sending", "delivered", "suppressed", "skipped", "dead"])
async def test_each_state_lists_its_own(rows: Rows, state: str) -> None:
    await rows.delivery("this", state=state)
    await rows.delivery("other", state="dead" if state != "dead" else "due")
    assert await listed(rows, state) == ["this"]


async def test_a_state_or_cursor_that_does_not_exist_is_refused_by_name(rows: Rows) -> None:
    with pytest.raises(ValueError, match="state: must be one of due"):
        await list_deliveries(rows.pool, DeliveryFilter("lost"), 10)
    with pytest.raises(ValueError, match="cursor"):
        await list_deliveries(rows.pool, DeliveryFilter(), 10, "x")


@pytest.mark.parametrize("delivery_id", ["0", "x", "-1", "9" * 30, "١"])
async def test_a_delivery_that_does_not_exist_is_none(rows: Rows, delivery_id: str) -> None:
    assert await show_delivery(rows.pool, delivery_id) is None


async def test_an_installs_deliveries_are_found_by_its_id(rows: Rows) -> None:
    await rows.delivery("e1", "i1")
    await rows.delivery("e2", "i2")
    found = await deliveries_of_install(rows.pool, APP, "i1")
    assert [item.source_event_id for item in found] == ["e1"]


async def test_the_end_of_a_lease_is_not_shown_as_a_next_attempt(rows: Rows) -> None:
    delivery = await rows.delivery("e1", state="sending", next_attempt_at=NOW + timedelta(seconds=90))
    shown = await show_delivery(rows.pool, str(delivery))
    assert shown is not None
    assert shown.item.next_attempt_at is None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (DeliveryFilter(pixel_id=PIXEL), ["new", "old"]),
        (DeliveryFilter(pixel_id="px_bbbbbbbbbbbb"), []),
        (DeliveryFilter(event="purchase"), ["new", "old"]),
        (DeliveryFilter(event="Purchase"), ["new", "old"]),
        (DeliveryFilter(event="search"), []),
        (DeliveryFilter(since=NOW - timedelta(hours=1)), ["new"]),
        (DeliveryFilter(until=NOW - timedelta(hours=1)), ["old"]),
        (DeliveryFilter("due", APP, PIXEL, "purchase", NOW, NOW + timedelta(seconds=1)), ["new"]),
    ],
    ids=["pixel", "other pixel", "its name", "TikTok's name", "other event", "since", "until", "all at once"],
)
async def test_each_filter_narrows_the_list(rows: Rows, wanted: DeliveryFilter, found: list[str]) -> None:
    await rows.delivery("old", created_at=NOW - timedelta(hours=2))
    await rows.delivery("new")
    assert [item.source_event_id for item in (await list_deliveries(rows.pool, wanted, 10)).items] == found
