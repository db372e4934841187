"""Refunds that are taken back: `refunds` of a report goes down again, in the row that it went up in."""

import asyncio
import itertools
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from forwarder.intake.routing import TOLD_BEFORE
from ledger.report_figures import Asked, one_state, our_figures, recounted
from ledger.report_roll_ups import NOTHING, add_up
from ledger.report_zones import reported_apps
from ledger.webhook_providers import RevenueSource
from tests.forwarder.api import APP, Api
from tests.forwarder.intake.webhooks.fixtures import ATTRIBUTE, body
from tests.forwarder.intake.webhooks.posting import connect, taken
from tests.forwarder.intake.webhooks.refunded import CREDIT, customer, refunds, told

pytestmark = pytest.mark.anyio

REFUND, REVERSAL, REFUND_AGAIN = "support refunds", "a refund is reversed", "support refunds again"


def platform(case: str, number: int = 0, **fields: Any) -> dict[str, Any]:
    """Of RevenueCat, as a purchase's refund, its reversal and a second refund follow one another by its clock."""
    at = time.time() - 3600 + 60 * (REFUND, REVERSAL, REFUND_AGAIN).index(case)
    fields = {**ATTRIBUTE, "id": f"{case}-{number}", "event_timestamp_ms": int(at * 1000), **fields}
    return body("revenuecat", REVERSAL if case == REVERSAL else REFUND, **fields)


PLATFORM: dict[str, tuple[list[dict[str, Any]], str]] = {
    "refunded": ([platform(REFUND)], "9.99"),
    "reversed": ([platform(REFUND), platform(REVERSAL)], "0"),
    "reversed, and told again": ([platform(REFUND), platform(REVERSAL), platform(REVERSAL, 1)], "0"),
    "reversed, refund told again": ([platform(REFUND), platform(REVERSAL), platform(REFUND), platform(REFUND, 1)], "0"),
    "reversal first": ([platform(REVERSAL), platform(REFUND), platform(REFUND)], "0"),
    "reversal alone": ([platform(REVERSAL)], "0"),
    "reversal of unknown price": ([platform(REFUND), platform(REVERSAL, price=None, currency=None)], "0"),
    "of another payment": ([platform(REFUND), platform(REVERSAL, transaction_id="tx-2")], "9.99"),
    "refunded again": ([platform(REFUND), platform(REVERSAL), *[platform(REFUND_AGAIN)] * 3], "9.99"),
    "refunded again, the first unheard of": ([platform(REVERSAL), platform(REFUND_AGAIN)], "9.99"),
    "in parts": ([platform(REFUND), platform(REFUND, 1, price_in_purchased_currency=-2), platform(REVERSAL)], "0"),
}


@pytest.mark.parametrize("way", PLATFORM)
@pytest.mark.parametrize("source", ["sdk", "revenuecat"])
async def test_a_platforms_refund_counts_until_it_is_reversed(api: Api, way: str, source: str) -> None:
    await customer(api, revenue_source=source)
    messages, refunded = PLATFORM[way]
    for message in messages:
        await taken(api, "revenuecat", message)
    assert await refunds(api) == Decimal(refunded)


@pytest.mark.parametrize("messages", list(itertools.permutations([platform(REFUND), platform(REVERSAL)])))
async def test_a_refund_and_its_reversal_that_are_told_at_one_moment_are_nothing(api: Api, messages: Any) -> None:
    await customer(api)
    await asyncio.gather(*(taken(api, "revenuecat", message) for message in messages for _ in range(4)))
    assert await refunds(api) == 0


async def test_a_refund_that_was_reversed_before_it_is_heard_of_is_not_sent(api: Api) -> None:
    await customer(api)
    for message in (platform(REVERSAL), platform(REFUND)):
        await taken(api, "revenuecat", message)
    assert await told(api) == []


async def test_a_refund_after_a_reversal_is_not_told_a_second_time(api: Api) -> None:
    await customer(api)
    for case in (REFUND, REVERSAL, REFUND_AGAIN):
        await taken(api, "revenuecat", platform(case))
    assert await told(api) == [("due", ""), ("skipped", TOLD_BEFORE)]


async def test_a_reversal_takes_off_what_was_added_up_and_what_joins_later(api: Api) -> None:
    await connect(api, refund_event="CancelOrder")
    for case in (REFUND, REVERSAL):
        await taken(api, "revenuecat", platform(case))
    await api.install(install_id="i-1")
    assert await api.pool.fetchval("SELECT count(*) FROM events WHERE joined AND name = 'rc_refund'") == 1
    await api.pool.execute(CREDIT)
    await api.pool.execute("DELETE FROM report_deltas")
    for number, case in enumerate((REFUND, REVERSAL)):
        await taken(api, "revenuecat", platform(case, transaction_id="tx-2"))
        while await add_up(api.pool, datetime.now(UTC)) != NOTHING:
            pass
        total = await api.pool.fetchval("SELECT coalesce(sum(refunds), 0) FROM report_days")
        assert total == (Decimal("9.99"), 0)[number]


# -- two platforms that tell of one refund


def of(provider: str, event_id: str = "r1", price: float = -9.99, **fields: Any) -> dict[str, Any]:
    """A refund of the payment tx-1, told by one of two platforms."""
    if provider == "revenuecat":
        return platform(REFUND, id=event_id, price_in_purchased_currency=price, **fields)
    ids = {"transaction_id": "tx-1", "original_transaction_id": "sub-1", "profile_event_id": event_id, **fields}
    told = body("adapty", "a refund of positive price", **ids, price_local=abs(price), currency="EUR")
    at = datetime.now(UTC) - timedelta(hours=1)
    return told | {"event_datetime": at.isoformat(), "user_attributes": {"signalpost_install_id": "i-1"}}


WHOLE = [("revenuecat", of("revenuecat")), ("adapty", of("adapty"))]
PARTS = [
    *(("revenuecat", of("revenuecat", "r1", -3)), ("revenuecat", of("revenuecat", "r2", -2))),
    *(("adapty", of("adapty", "r1", 3)), ("adapty", of("adapty", "r2", 2))),
]
REVERSED = [*WHOLE, ("revenuecat", platform(REVERSAL))]
OTHER = [("revenuecat", of("revenuecat")), ("adapty", of("adapty", transaction_id="tx-2"))]
TWO: list[tuple[list[tuple[str, dict[str, Any]]], str]] = [
    *((list(order), "9.99") for order in itertools.permutations(WHOLE)),
    *((list(order), "5") for order in itertools.permutations(PARTS)),
    *((list(order), "0") for order in itertools.permutations(REVERSED)),
    (OTHER, "19.98"),
]


async def reported(api: Api, revenue_source: RevenueSource) -> Decimal:
    """What the report says by roll-ups, and by a recount."""
    await connect(api, revenue_source=revenue_source)
    while await add_up(api.pool, datetime.now(UTC)) != NOTHING:
        pass
    (app,) = [one for one in await reported_apps(api.pool) if one.app_id == APP]
    asked = Asked(app, ("campaign",), None, None)
    async with one_state(api.pool) as connection:
        found = [await figures(connection, asked) for figures in (our_figures, recounted)]
    sums = [sum((sum(one.refunds.values()) for one in rows.values()), Decimal(0)) for rows in found]
    assert sums[0] == sums[1]
    return sums[0]


@pytest.mark.parametrize(("messages", "refunded"), TWO)
async def test_a_refund_that_two_platforms_tell_of_counts_once_where_all_count(
    api: Api, messages: list[tuple[str, dict[str, Any]]], refunded: str
) -> None:
    await customer(api)
    for provider, message in (*messages, messages[0]):
        await taken(api, provider, message)
    assert await reported(api, "sdk") == Decimal(refunded)


@pytest.mark.parametrize("first", [0, 1])
async def test_each_platform_alone_counts_its_own_refund(api: Api, first: int) -> None:
    await customer(api)
    for provider, message in (WHOLE[first], WHOLE[1 - first]):
        await taken(api, provider, message)
    for source in ("sdk", "revenuecat", "adapty"):
        assert await reported(api, source) == Decimal("9.99")
    assert await reported(api, "superwall") == 0


async def test_a_refund_that_two_platforms_tell_of_at_one_moment_is_told_and_counted_once(api: Api) -> None:
    await customer(api)
    await asyncio.gather(*(taken(api, *one) for one in WHOLE * 4))
    assert sorted(await told(api)) == [("due", ""), ("skipped", TOLD_BEFORE)]
    assert await reported(api, "sdk") == Decimal("9.99")


async def test_the_refund_of_the_apps_own_source_goes_out_although_another_told_of_it_first(api: Api) -> None:
    await customer(api, revenue_source="revenuecat")
    for one in reversed(WHOLE):
        await taken(api, *one)
    assert sorted(await told(api)) == [("due", ""), ("skipped", "revenue comes from revenuecat")]
