"""What Stripe says of a charge: a hold, what is captured of it, what a subscription pays."""

import asyncio
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from forwarder.intake.webhooks.stripe import read
from tests.forwarder.api import Api, opened_api, settings
from tests.forwarder.intake.webhooks.posting import connect, delivery, event, taken

pytestmark = pytest.mark.anyio

CHARGE = {
    "id": "ch_1", "object": "charge", "amount": 1000, "amount_captured": 1000, "amount_refunded": 0, "captured": True,
    "currency": "eur", "payment_intent": "pi_1",
    "billing_details": {"email": "a@example.com", "address": {"country": "DE"}},
    "metadata": {"user_id": "u-1"},
}  # fmt: skip
HELD = {"captured": False, "amount_captured": 0}


def message(kind: str, event_id: str = "evt_1", **fields: Any) -> dict[str, Any]:
    thing = CHARGE | fields
    return {"id": event_id, "type": kind, "created": int(time.time()), "livemode": True, "data": {"object": thing}}


@pytest.mark.parametrize(
    ("kind", "fields", "name", "value"),
    [
        ("charge.succeeded", {}, "one_time", Decimal(10)),
        ("charge.succeeded", {"captured": None, "amount_captured": None}, "one_time", Decimal(10)),
        ("charge.succeeded", HELD, "authorization", None),
        ("charge.captured", {}, "one_time", Decimal(10)),
        ("charge.captured", {"amount_captured": 400, "amount_refunded": 600}, "one_time", Decimal(4)),
        ("charge.expired", HELD, "charge_expired", None),
        ("charge.refunded", HELD | {"amount_refunded": 1000}, "charge_refunded", None),
        ("charge.refunded", {"amount_captured": 400, "amount_refunded": 600}, "charge_refunded", None),
        ("charge.refunded", {"amount_captured": 400, "amount_refunded": 800}, "refund", Decimal(2)),
        ("charge.refunded", {"amount_refunded": 1000}, "refund", Decimal(10)),
        ("charge.succeeded", {"description": "Subscription creation"}, "subscription_started", Decimal(10)),
        ("charge.succeeded", {"description": "Subscription update"}, "renewal", Decimal(10)),
        (
            "charge.succeeded",
            {"invoice": "in_1", "description": "Subscription creation"},
            "subscription_started",
            Decimal(10),
        ),
        ("charge.succeeded", {"invoice": "in_1", "description": "Subscription update"}, "renewal", Decimal(10)),
        ("charge.succeeded", {"invoice": "in_1", "description": None}, "renewal", Decimal(10)),
        (
            "charge.succeeded",
            {"invoice": {"billing_reason": "subscription_create"}},
            "subscription_started",
            Decimal(10),
        ),
        ("charge.succeeded", {"invoice": {"billing_reason": "subscription_cycle"}}, "renewal", Decimal(10)),
        ("charge.succeeded", {"invoice": {"billing_reason": "manual"}}, "one_time", Decimal(10)),
        ("charge.succeeded", {"invoice": "in_1", "description": "Payment for Invoice"}, "one_time", Decimal(10)),
        ("charge.succeeded", {"description": "A pot of tea"}, "one_time", Decimal(10)),
    ],
)
def test_a_charge_is_what_was_paid(kind: str, fields: dict[str, Any], name: str, value: Decimal | None) -> None:
    source = read(message(kind, **fields))
    assert source is not None
    assert (source.name, source.value) == (name, value)
    assert source.person.country == "de"


def test_a_hold_that_ran_out_is_no_refund() -> None:
    source = read(
        message("refund.created", id="re_1", charge="ch_1", status="succeeded", reason="expired_uncaptured_charge")
    )
    assert source is not None
    assert source.refund is None


@pytest.mark.parametrize("status", [{}, {"status": None}, {"status": "succeeded"}])
def test_a_refund_of_no_status_is_through(status: dict[str, Any]) -> None:
    sent = message("refund.created", id="re_1", charge="ch_1")
    sent["data"]["object"].pop("status", None)
    sent["data"]["object"] |= status
    source = read(sent)
    assert source is not None
    assert (source.name, source.value) == ("refund", Decimal(10))


@pytest.fixture
async def api(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, tmp_path)) as opened:
        await connect(opened, "stripe", revenue_source="stripe", refund_event="CancelOrder")
        yield opened


async def sent(api: Api) -> list[tuple[str, float | None]]:
    rows = await api.pool.fetch(
        "SELECT d.target_event, e.value FROM deliveries d JOIN events e USING (event_key)"
        " WHERE d.state = 'due' ORDER BY d.delivery_id"
    )
    return [(row["target_event"], None if row["value"] is None else float(row["value"])) for row in rows]


async def test_a_hold_is_sold_once_for_what_was_captured_of_it(api: Api) -> None:
    capture = message("charge.captured", "evt_2", amount_captured=400, amount_refunded=600)
    for body in (message("charge.succeeded", **HELD), capture, capture):
        await taken(api, "stripe", body)
    await taken(api, "stripe", message("charge.refunded", "evt_3", amount_captured=400, amount_refunded=600))
    assert await sent(api) == [("Purchase", 4.0)]


async def test_a_hold_that_is_called_off_never_was_a_sale(api: Api) -> None:
    refund = {"id": "re_1", "object": "refund", "charge": "ch_1", "status": "succeeded"}
    await taken(api, "stripe", message("charge.succeeded", **HELD))
    await taken(api, "stripe", message("refund.created", "evt_2", **refund))
    await taken(api, "stripe", message("charge.refunded", "evt_3", **HELD | {"amount_refunded": 1000}))
    assert await sent(api) == []


async def test_renewals_are_not_sent_by_default(api: Api) -> None:
    await taken(api, "stripe", message("charge.succeeded", description="Subscription creation"))
    for number in range(2, 5):
        await taken(
            api,
            "stripe",
            message("charge.succeeded", f"evt_{number}", id=f"ch_{number}", description="Subscription update"),
        )
    assert await sent(api) == [("Subscribe", 10.0)]


async def test_a_hold_that_is_captured_twice_is_sold_for_the_sum_and_no_more(api: Api) -> None:
    captures = [message("charge.captured", f"evt_{total}", amount_captured=total) for total in (300, 1000)]
    for body in (message("charge.succeeded", "evt_0", **HELD), *captures, *captures):
        await taken(api, "stripe", body)
    assert await sent(api) == [("Purchase", 3.0), ("Purchase", 7.0)]


async def test_ids_may_be_as_long_as_stripe_says(api: Api) -> None:
    ids = {name: f"{name}_" + "x" * (254 - len(name)) for name in ("evt", "ch", "pi", "re")}
    await api.install(install_id="i-1")
    sale = {"id": ids["ch"], "payment_intent": ids["pi"], "metadata": {"signalpost_install_id": "i-1"}}
    refund = {"id": ids["re"], "charge": ids["ch"], "payment_intent": ids["pi"], "status": "succeeded", "metadata": {}}
    await taken(api, "stripe", message("charge.succeeded", ids["evt"], **sale))
    await taken(api, "stripe", message("refund.created", "evt_2", **refund))
    assert ("Purchase", 10.0) in await sent(api)
    assert (await event(api, "stripe_refund"))["install_id"] == "i-1"


@pytest.mark.parametrize("kind", ["charge.succeeded", "charge.captured"])
async def test_a_charge_that_two_events_tell_of_is_sold_once(api: Api, kind: str) -> None:
    other = message("charge.succeeded", "evt_4", id="ch_2", payment_intent="pi_2")
    messages = [message(kind, f"evt_{number}") for number in range(4)]
    await asyncio.gather(*(taken(api, "stripe", body) for body in (*messages, other)))
    assert await sent(api) == [("Purchase", 10.0)] * 2


async def test_a_refund_that_comes_before_the_capture_it_is_of_is_not_lost(api: Api) -> None:
    await taken(api, "stripe", message("charge.succeeded", "evt_0", **HELD))
    await taken(api, "stripe", message("charge.refunded", "evt_2", amount_refunded=1000))
    await taken(api, "stripe", message("charge.captured", "evt_1"))
    assert sorted(await sent(api)) == [("CancelOrder", 10.0), ("Purchase", 10.0)]


REFUND_ALONE = {"object": "refund", "charge": "ch_1", "status": "succeeded", "metadata": {}}


@pytest.mark.parametrize("together", [False, True])
async def test_a_refund_alone_that_comes_before_the_capture_it_is_of_is_not_lost(api: Api, together: bool) -> None:
    await taken(api, "stripe", message("charge.succeeded", "evt_0", **HELD, metadata={"order_id": "A-17"}))
    messages = [
        message("refund.created", "evt_2", **REFUND_ALONE, id="re_1", amount=300),
        message("refund.updated", "evt_3", **REFUND_ALONE, id="re_1", amount=300),
        message("refund.created", "evt_4", **REFUND_ALONE, id="re_2", amount=200),
        message("charge.captured", "evt_1", metadata={"order_id": "A-17"}),
    ]
    messages += [message("charge.captured", "evt_5"), *messages]
    if together:
        await asyncio.gather(*(taken(api, "stripe", one) for one in messages))
    else:
        for one in messages:
            await taken(api, "stripe", one)
    assert sorted(await sent(api)) == [("CancelOrder", 2.0), ("CancelOrder", 3.0), ("Purchase", 10.0)]
    rows = await api.pool.fetch("SELECT event_key, body FROM events WHERE name = 'stripe_refund'")
    assert {row["body"]["properties"]["order_id"] for row in rows} == {"A-17"}
    bodies = await api.pool.fetch(
        "SELECT event_key FROM webhook_bodies WHERE outcome = 'event' AND type LIKE 'refund%'"
    )
    assert {row["event_key"] for row in bodies} == {row["event_key"] for row in rows}
    assert await api.count("webhook_bodies") == 6


async def test_the_rest_of_a_hold_that_is_captured_in_part_is_no_refund_where_it_is_told_first(api: Api) -> None:
    await taken(api, "stripe", message("charge.succeeded", "evt_0", **HELD))
    await taken(api, "stripe", message("refund.created", "evt_1", **REFUND_ALONE, id="re_1", amount=600))
    await taken(api, "stripe", message("charge.captured", "evt_2", amount_captured=400, amount_refunded=600))
    assert await sent(api) == [("Purchase", 4.0)]


@pytest.mark.parametrize(
    ("metadata", "known"),
    [({}, "+49 151 23456789"), ({"phone": "+1 415 555 2671"}, "+1 415 555 2671")],
)
def test_the_telephone_number_of_the_bill_is_known_unless_the_app_names_another(
    metadata: dict[str, Any], known: str
) -> None:
    bill = {"email": None, "phone": "+49 151 23456789", "name": "Ann", "address": {"country": "DE"}}
    source = read(message("charge.succeeded", billing_details=bill, metadata=metadata))
    assert source is not None
    assert source.person.phone == known


@pytest.mark.parametrize("paid_by", [{}, {"payment_intent": None}])
@pytest.mark.parametrize("first", ["sale", "refund"])
async def test_a_refund_that_names_nobody_is_its_payments(api: Api, first: str, paid_by: dict[str, Any]) -> None:
    await api.install(install_id="i-1", consent={"marketing": "denied"})
    sale = message("charge.succeeded", **paid_by, metadata={"signalpost_install_id": "i-1"})
    alone = {"id": "re_1", "object": "refund", "charge": "ch_1", "status": "succeeded", "metadata": {}}
    refund = message("refund.created", "evt_2", **alone, **paid_by, billing_details=None)
    for body in (sale, refund) if first == "sale" else (refund, sale):
        await taken(api, "stripe", body)
    found = await event(api, "stripe_refund")
    assert (found["joined"], found["install_id"]) == (True, "i-1")
    if first == "sale":
        assert (await delivery(api, "stripe_refund"))["reason"] == "consent denied"


async def test_each_payment_of_one_customer_gets_its_refund(api: Api) -> None:
    await api.install(install_id="i-1", user={"external_id": "cus_7"})
    alone = {"object": "refund", "status": "succeeded", "metadata": {}, "billing_details": None, "customer": None}
    for number in range(3):
        payment = {"payment_intent": f"pi_{number}"}
        sale = {"id": f"ch_{number}", "customer": "cus_7", "metadata": {}, **payment}
        await taken(api, "stripe", message("charge.succeeded", f"evt_{number}", **sale))
        refund = {**alone, "id": f"re_{number}", "charge": f"ch_{number}", **payment}
        await taken(api, "stripe", message("refund.created", f"evt_r{number}", **refund))
    rows = await api.pool.fetch("SELECT install_id FROM events WHERE name = 'stripe_refund'")
    assert [row["install_id"] for row in rows] == ["i-1", "i-1", "i-1"]


@pytest.mark.parametrize("together", [False, True])
async def test_a_refund_that_comes_first_gets_the_order_of_its_sale(api: Api, together: bool) -> None:
    alone = {"object": "refund", "charge": "ch_1", "status": "succeeded"}
    messages = [
        message("refund.created", "evt_r1", **alone, id="re_1", amount=100, metadata={}),
        message("refund.created", "evt_r2", **alone, id="re_2", amount=200, metadata={"order_id": "B-18"}),
        message("refund.created", "evt_r3", **alone | {"charge": "ch_2"}, id="re_3", payment_intent="pi_2"),
        message("charge.succeeded", metadata={"user_id": "u-1", "order_id": "A-17"}),
    ]
    if together:
        await asyncio.gather(*(taken(api, "stripe", one) for one in messages))
    else:
        for one in messages:
            await taken(api, "stripe", one)
    rows = await api.pool.fetch("SELECT event_id, body FROM events WHERE name = 'stripe_refund'")
    orders = {row["event_id"]: row["body"]["properties"]["order_id"] for row in rows}
    assert orders == {"stripe:re_1": "A-17", "stripe:re_2": "B-18", "stripe:re_3": "pi_2"}


async def test_a_refund_has_the_order_of_its_sale(api: Api) -> None:
    sale = message("charge.succeeded", metadata={"user_id": "u-1", "order_id": "A-17"})
    alone = {"object": "refund", "charge": "ch_1", "status": "succeeded"}
    for number, metadata in enumerate(({}, {"order_id": "B-18"})):
        refund = alone | {"id": f"re_{number}", "amount": 100 + number, "metadata": metadata}
        await taken(api, "stripe", sale)
        await taken(api, "stripe", message("refund.created", f"evt_r{number}", **refund))
    rows = await api.pool.fetch("SELECT body FROM events WHERE name = 'stripe_refund' ORDER BY event_key")
    assert [row["body"]["properties"]["order_id"] for row in rows] == ["A-17", "B-18"]


async def test_a_hold_with_an_order_that_is_called_off_never_was_a_sale(api: Api) -> None:
    refund = {"id": "re_1", "object": "refund", "charge": "ch_1", "status": "succeeded", "metadata": {}}
    await taken(api, "stripe", message("charge.succeeded", **HELD, metadata={"order_id": "A-17"}))
    await taken(api, "stripe", message("refund.created", "evt_2", **refund))
    assert await sent(api) == []
