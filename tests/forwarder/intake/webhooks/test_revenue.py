"""Sales and refunds that more than one source reports: each goes out once, from the app's revenue source."""

import asyncio
import uuid
from decimal import Decimal
from typing import Any

import pytest

from forwarder.intake.routing import NOT_MAPPED
from ledger.mappings import set_mappings
from tests.forwarder.api import APP, Api
from tests.forwarder.intake.webhooks.fixtures import ATTRIBUTE, body
from tests.forwarder.intake.webhooks.posting import connect, delivery, event, taken

pytestmark = pytest.mark.anyio


# -- one source of revenue


@pytest.mark.parametrize("provider", ["revenuecat", "superwall", "adapty"])
async def test_starts_and_sales_go_out_from_the_apps_revenue_source(api: Api, provider: str) -> None:
    await connect(api, revenue_source=provider)
    await taken(api, provider, body(provider, "a subscription starts"))
    (sent,) = await api.deliveries()
    assert (sent["target_event"], sent["state"]) == ("Subscribe", "due")


@pytest.mark.parametrize("provider", ["revenuecat", "superwall", "adapty"])
async def test_starts_and_sales_of_any_other_source_are_kept_and_not_sent(api: Api, provider: str) -> None:
    for case in ("a trial starts", "a subscription starts", "a trial converts", "a one-time purchase"):
        await taken(api, provider, body(provider, case))
    sent = [(one["state"], one["reason"]) for one in await api.deliveries()]
    assert sent == [("skipped", "revenue comes from sdk")] * 4
    rows = await api.pool.fetch("SELECT app_id, source FROM second_revenue_sources")
    assert [tuple(row) for row in rows] == [(APP, provider)]


async def test_a_sale_that_the_app_and_its_platform_report_is_sent_once(api: Api) -> None:
    await connect(api, revenue_source="revenuecat")
    await api.install(install_id="i-1")
    sale = {"install_id": "i-1", "value": "9.99", "currency": "EUR"}
    await api.events(
        {**sale, "event_id": "a", "name": "purchase"},
        {**sale, "event_id": "b", "name": "subscribe"},
        {**sale, "event_id": "c", "name": "sign_up"},
    )
    await taken(api, "revenuecat", body("revenuecat", "a one-time purchase", **ATTRIBUTE))
    states = {one["source_event"]: (one["state"], one["reason"]) for one in await api.deliveries()}
    assert states["purchase"] == states["subscribe"] == ("skipped", "revenue comes from revenuecat")
    assert states["rc_one_time"] == states["sign_up"] == states["install"] == ("due", "")


async def test_a_switch_of_the_source_holds_for_what_comes_after_it(api: Api) -> None:
    await taken(api, "revenuecat", body("revenuecat", "a trial starts"))
    await connect(api, revenue_source="revenuecat")
    await taken(api, "revenuecat", body("revenuecat", "a subscription starts"))
    states = {one["source_event"]: one["state"] for one in await api.deliveries()}
    assert states == {"rc_trial_started": "skipped", "rc_subscription_started": "due"}


async def test_what_a_mapping_turns_into_a_purchase_is_a_sale_of_its_source(api: Api) -> None:
    await set_mappings(api.pool, APP, "", {"rc_paywall_shown": "Purchase"})
    await api.services.directory.refresh()
    await taken(api, "revenuecat", body("revenuecat", "an unknown type is kept"))
    assert (await delivery(api, "rc_paywall_shown"))["reason"] == "revenue comes from sdk"


# -- refunds


async def test_refunds_are_off_until_the_app_says_otherwise(api: Api) -> None:
    await taken(api, "revenuecat", body("revenuecat", "support refunds"))
    assert (await delivery(api, "rc_refund"))["reason"] == NOT_MAPPED


@pytest.mark.parametrize("source", ["sdk", "revenuecat"])
async def test_a_refund_cancels_its_order_once(api: Api, source: str) -> None:
    await connect(api, refund_event="CancelOrder", revenue_source=source)
    await api.install(install_id="i-1")
    for event_id in ("r1", "r1", "r2"):
        await taken(api, "revenuecat", body("revenuecat", "support refunds", **ATTRIBUTE, id=event_id))
    sent, kept = await delivery(api, "rc_refund"), await event(api, "rc_refund")
    assert (sent["target_event"], sent["state"]) == ("CancelOrder", "due")
    assert (kept["value"], kept["currency"], kept["body"]["properties"]["order_id"]) == (Decimal("9.99"), "EUR", "tx-1")


async def test_a_refund_of_another_source_than_the_apps_is_not_sent(api: Api) -> None:
    await connect(api, refund_event="CancelOrder", revenue_source="revenuecat")
    await taken(api, "stripe", body("stripe", "a refund is made"))
    assert (await delivery(api, "stripe_refund"))["reason"] == "revenue comes from revenuecat"


MADE, UPDATED, CHARGE = "a refund is made", "a refund is updated", "a charge is refunded"


REFUNDS: dict[str, tuple[list[tuple[str, dict[str, Any]]], list[str]]] = {
    "refund first": ([(MADE, {}), (UPDATED, {}), (CHARGE, {})], ["9.99"]),
    "charge first": ([(CHARGE, {}), (UPDATED, {}), (MADE, {})], ["9.99"]),
    "in parts": ([(CHARGE, {"amount_refunded": 300}), (CHARGE, {"amount_refunded": 999})], ["3", "6.99"]),
    "late part": ([(CHARGE, {"amount_refunded": 999}), (CHARGE, {"amount_refunded": 300})], ["9.99"]),
    "two refunds, each message first": (
        [
            (MADE, {"id": "re_1", "amount": 300}),
            (CHARGE, {"amount_refunded": 300}),
            (CHARGE, {"amount_refunded": 500}),
            (MADE, {"id": "re_2", "amount": 200}),
        ],
        ["2", "3"],
    ),
    "pending first": ([("a refund is pending", {}), (UPDATED, {})], ["9.99"]),
}


async def test_stripe_refunds_count_once_however_they_are_reported(api: Api) -> None:
    for number, (way, (messages, refunded)) in enumerate(REFUNDS.items()):
        for case, fields in messages:
            sent = body("stripe", case, **fields, payment_intent=f"pi_{number}")
            thing = sent["data"]["object"]
            thing["id"] = f"ch_{number}" if case == CHARGE else f"{thing['id']}_{number}"
            thing |= {"charge": f"ch_{number}"} if case != CHARGE else {}
            sent["id"] = f"evt_{uuid.uuid4()}"
            await taken(api, "stripe", sent)
        rows = await api.pool.fetch(
            """SELECT value FROM events
            WHERE name = 'stripe_refund' AND body -> 'properties' ->> 'order_id' = $1 ORDER BY value""",
            f"pi_{number}",
        )
        assert [row["value"] for row in rows] == [Decimal(value) for value in refunded], way


async def test_a_storm_of_messages_about_one_refund_is_one_event(api: Api) -> None:
    sent = [body("stripe", case) for case in (MADE, UPDATED, CHARGE) for _ in range(8)]
    for number, one in enumerate(sent):
        one["id"] = f"evt_{number}"
    await asyncio.gather(*(taken(api, "stripe", one) for one in sent))
    assert await api.pool.fetchval("SELECT sum(value) FROM events WHERE name = 'stripe_refund'") == Decimal("9.99")
    assert await api.count("webhook_bodies") == len(sent)
