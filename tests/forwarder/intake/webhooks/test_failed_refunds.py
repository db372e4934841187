"""Stripe's money that goes back and comes again: refunds that fail, charges that a bank disputes."""

import itertools
import time
from decimal import Decimal
from typing import Any

import pytest

from forwarder.intake.routing import TOLD_BEFORE
from tests.forwarder.api import Api
from tests.forwarder.intake.webhooks.posting import event, taken
from tests.forwarder.intake.webhooks.refunded import customer, refunds, told

pytestmark = pytest.mark.anyio

Message = tuple[str, int, dict[str, Any]]
"""Its type, when Stripe made it, and what it says."""


def stripe(message: Message, number: int = 0) -> dict[str, Any]:
    """Of the charge of this number, which the install i-1 paid."""
    kind, minute, says = message
    ids = {name: f"{says[name]}_{number}" for name in ("id", "charge", "payment_intent") if name in says}
    thing = {"currency": "eur", "metadata": {"signalpost_install_id": "i-1"}, **says, **ids}
    event_id = f"evt_{number}_{kind}_{minute}_{says.get('status')}_{says['id']}"
    created = int(time.time()) - 7200 + 60 * minute
    return {"id": event_id, "type": kind, "created": created, "livemode": True, "data": {"object": thing}}


def refund(kind: str, minute: int, refund_id: str, status: str, amount: int = 999) -> Message:
    says = {"id": refund_id, "charge": "ch", "payment_intent": "pi", "amount": amount, "status": status}
    return kind, minute, says


def total(minute: int, refunded: int) -> Message:
    says = {"id": "ch", "payment_intent": "pi", "amount": 999, "amount_captured": 999, "amount_refunded": refunded}
    return "charge.refunded", minute, says


MADE, MADE_AGAIN = refund("refund.created", 1, "re_1", "succeeded"), refund("refund.created", 9, "re_2", "succeeded")
PENDING, CANCELED = refund("refund.created", 1, "re_1", "pending"), refund("refund.updated", 5, "re_1", "canceled")
FAILED, UPDATED = refund("refund.failed", 5, "re_1", "failed"), refund("charge.refund.updated", 5, "re_1", "failed")
PART, OTHER_PART = (
    refund("refund.created", 1, "re_1", "succeeded", 300),
    refund("refund.created", 2, "re_2", "succeeded", 200),
)
PART_FAILED = refund("refund.failed", 5, "re_1", "failed", 300)


def dispute(kind: str, minute: int, status: str, amount: int = 999) -> Message:
    says = {"id": "dp", "charge": "ch", "payment_intent": "pi", "amount": amount, "status": status}
    return f"charge.dispute.{kind}", minute, says


OPENED, WITHDRAWN = dispute("created", 3, "needs_response"), dispute("funds_withdrawn", 3, "needs_response")
REST_WITHDRAWN = dispute("funds_withdrawn", 3, "needs_response", 699)
REINSTATED, MOVED = dispute("funds_reinstated", 9, "won"), dispute("funds_reinstated", 9, "lost")
WON, LOST = dispute("closed", 9, "won"), dispute("closed", 9, "lost")
INQUIRY, INQUIRY_CLOSED = dispute("created", 3, "warning_needs_response"), dispute("closed", 9, "warning_closed")
WAYS: dict[str, tuple[list[Message], str]] = {
    "failed": ([MADE, FAILED], "0"),
    "failed under its old name": ([MADE, UPDATED], "0"),
    "failed under both names": ([MADE, FAILED, UPDATED], "0"),
    "canceled": ([MADE, CANCELED], "0"),
    "pending, then failed": ([PENDING, FAILED], "0"),
    "pending, but in the total": ([PENDING, total(1, 999), FAILED], "0"),
    "failed, of a total": ([total(1, 999), FAILED], "0"),
    "failed, told twice": ([MADE, total(1, 999), FAILED], "0"),
    "made again": ([MADE, FAILED, MADE_AGAIN], "9.99"),
    "made again, by totals": ([total(1, 999), FAILED, total(9, 999)], "9.99"),
    "made again, told in every way": ([MADE, total(1, 999), FAILED, MADE_AGAIN, total(9, 999)], "9.99"),
    "a part failed": ([PART, OTHER_PART, PART_FAILED], "2"),
    "a part failed, of totals": ([total(1, 300), total(2, 500), PART_FAILED], "2"),
    "a part failed, told in every way": ([PART, OTHER_PART, total(2, 500), PART_FAILED], "2"),
    "disputed": ([WITHDRAWN], "9.99"),
    "disputed and lost": ([OPENED, WITHDRAWN, LOST], "9.99"),
    "lost, and nothing else is heard": ([LOST], "9.99"),
    "disputed and won": ([WITHDRAWN, REINSTATED, WON], "0"),
    "won, and nothing else is heard": ([WON], "0"),
    "an inquiry that is closed": ([INQUIRY, INQUIRY_CLOSED], "0"),
    "a part refunded, the rest disputed": ([PART, total(1, 300), REST_WITHDRAWN, WON], "3"),
    "a refund that failed beside a dispute": ([WITHDRAWN, MADE, FAILED], "9.99"),
    "money of a lost dispute moves": ([WITHDRAWN, LOST, MOVED], "9.99"),
    "a total that falls": ([total(1, 300), total(2, 500), total(9, 200)], "2"),
}


async def in_every_order(api: Api, messages: list[Message], refunded: str) -> None:
    """Each order is of a charge of its own; messages come more than once."""
    for number, order in enumerate(itertools.permutations(messages)):
        for message in (*order, order[0]):
            await taken(api, "stripe", stripe(message, number))
        assert await refunds(api) == Decimal(refunded) * (number + 1), order


@pytest.mark.parametrize("way", WAYS)
async def test_money_that_goes_back_and_comes_again_counts_as_it_ends_in_whatever_order_it_is_told(
    api: Api, way: str
) -> None:
    await customer(api, revenue_source="stripe")
    await in_every_order(api, *WAYS[way])


async def test_a_refund_that_fails_and_is_made_again_is_told_once(api: Api) -> None:
    await customer(api, revenue_source="stripe")
    for message in (MADE, FAILED, MADE_AGAIN):
        await taken(api, "stripe", stripe(message))
    assert await told(api) == [("due", ""), ("skipped", TOLD_BEFORE)]


async def test_a_chargeback_cancels_the_order_of_its_sale(api: Api) -> None:
    await customer(api, revenue_source="stripe")
    says = {"id": "ch", "payment_intent": "pi", "amount": 999, "captured": True}
    sale = stripe(("charge.succeeded", 0, says))
    sale["data"]["object"]["metadata"]["order_id"] = "A-17"
    await taken(api, "stripe", sale)
    for message in (OPENED, WITHDRAWN, LOST):
        alone = stripe(message)
        alone["data"]["object"]["metadata"] = {}
        await taken(api, "stripe", alone)
    assert await told(api) == [("due", "")]
    found = await event(api, "stripe_refund")
    assert (found["value"], found["currency"], found["install_id"]) == (Decimal("9.99"), "EUR", "i-1")
    assert found["body"]["properties"]["order_id"] == "A-17"


async def test_a_refund_after_a_dispute_that_was_won_is_not_told_a_second_time(api: Api) -> None:
    await customer(api, revenue_source="stripe")
    for message in (WITHDRAWN, WON, MADE_AGAIN):
        await taken(api, "stripe", stripe(message))
    assert await told(api) == [("due", ""), ("skipped", TOLD_BEFORE)]
    assert await refunds(api) == Decimal("9.99")


async def test_a_second_refund_beside_one_that_stands_is_told(api: Api) -> None:
    await customer(api, revenue_source="stripe")
    for message in (PART, OTHER_PART):
        await taken(api, "stripe", stripe(message))
    assert await told(api) == [("due", "")] * 2


async def test_a_refund_that_is_known_to_have_failed_is_not_told(api: Api) -> None:
    await customer(api, revenue_source="stripe")
    for message in (FAILED, MADE, total(1, 999)):
        await taken(api, "stripe", stripe(message))
    assert await told(api) == []
