"""Each provider's events, read into the normal form."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.intake.routing import Destination, target_event
from forwarder.intake.webhooks.event_rows import event_row
from forwarder.intake.webhooks.normal import SourceEvent
from forwarder.intake.webhooks.providers import SOURCES
from forwarder.intake.webhooks.stripe import major_units
from ledger.events import NewEvent
from tests.forwarder.intake.webhooks.fixtures import PROVIDERS, body, cases, every_case

NOW = datetime(2026, 11, 20, 11, tzinfo=UTC)
SENT_AT = datetime(2026, 11, 20, 10, tzinfo=UTC)


def read(provider: str, body: dict[str, Any]) -> SourceEvent:
    found = SOURCES[provider].read(body)
    assert found is not None
    return found


def row(provider: str, case: str) -> NewEvent:
    return event_row("app_1", SOURCES[provider].provider, read(provider, cases(provider)[case]["body"]), NOW)


def to(**settings: Any) -> Destination:
    fields: dict[str, Any] = {"consent_when_unknown": "allow", "send": "all", "unmapped": "skip", "targets": {}}
    return Destination(pixel_id="px_1", consent_categories=(), max_age=timedelta(days=7), **(fields | settings))


@pytest.mark.parametrize(("provider", "case"), every_case(), ids=lambda part: part)
def test_a_documented_event_becomes_what_the_table_says(provider: str, case: str) -> None:
    expected = cases(provider)[case]["expect"]
    source, event = read(provider, cases(provider)[case]["body"]), row(provider, case)
    value = None if expected["value"] is None else Decimal(expected["value"])
    assert (source.reading, event.name) == (expected["reading"], expected["name"])
    if expected["target"] is not None:
        assert target_event(event.name, to()) == expected["target"]
    if source.reading == "event":
        assert (event.value, event.currency) == (value, expected["currency"])
        assert event.occurred_at == SENT_AT


@pytest.mark.parametrize(("provider", "case"), every_case(), ids=lambda part: part)
def test_what_is_known_of_the_person_is_read(provider: str, case: str) -> None:
    expected, event = cases(provider)[case]["expect"], row(provider, case)
    assert event.external_ids == tuple(expected.get("ids", event.external_ids))
    assert event.install_id == expected.get("install_id")
    for name in ("ip", "user_agent", "ttclid"):
        if name in expected:
            assert event.body.get(name) == expected[name]
    if "phone" in expected:
        assert event.body["user"]["phone"] == expected["phone"]


def test_an_id_that_a_platform_made_up_is_not_told_to_tiktok_as_the_apps_own() -> None:
    assert row("revenuecat", "a trial starts").body["user"]["external_id"] == "user-7"
    assert "user" not in row("superwall", "a trial starts").body
    nameless = {**cases("adapty")["a trial starts"]["body"], "customer_user_id": None}
    event = event_row("app_1", "adapty", read("adapty", nameless), NOW)
    assert event.external_ids == (nameless["profile_id"],)
    assert "external_id" not in event.body["user"]


def test_a_sale_names_its_order_and_its_product() -> None:
    properties = row("revenuecat", "a subscription starts").body["properties"]
    assert (properties["order_id"], list(properties["content_ids"])) == ("tx-1", ["com.example.weekly"])


def test_a_refund_names_the_order_it_belongs_to() -> None:
    assert row("revenuecat", "support refunds").body["properties"]["order_id"] == "tx-1"
    assert row("stripe", "a refund is made").body["properties"]["order_id"] == "pi_1"


@pytest.mark.parametrize(
    ("provider", "case", "facts"),
    [
        ("revenuecat", "support refunds", {"price": 0, "period_type": "TRIAL"}),
        ("revenuecat", "support refunds", {"price": 0, "is_family_share": True}),
        ("revenuecat", "support refunds", {"price": None, "is_family_share": True}),
        ("revenuecat", "support refunds", {"is_family_share": True}),
        ("revenuecat", "support refunds", {"store": "PROMOTIONAL"}),
        ("revenuecat", "a negative price is a refund under another reason", {"is_family_share": True}),
        ("revenuecat", "support refunds", {"price": 0, "store": "PROMOTIONAL"}),
        ("revenuecat", "support refunds", {"price": 0, "period_type": "PROMOTIONAL"}),
        ("adapty", "a refund of positive price", {"price_local": 0, "price_usd": 0}),
        ("adapty", "a refund of positive price", {"price_local": None, "price_usd": None, "currency": None}),
        ("adapty", "a refund of positive price", {"vendor_product_id": "adapty_promotion"}),
    ],
)
def test_what_was_free_and_is_taken_back_is_no_refund(provider: str, case: str, facts: dict[str, Any]) -> None:
    source = read(provider, body(provider, case, **facts))
    assert (source.name, source.value) == ("cancellation", None)


@pytest.mark.parametrize("provider", ["revenuecat", "superwall", "adapty"])
@pytest.mark.parametrize("written", ["SANDBOX", "Sandbox", "sandbox"])
def test_a_sandbox_is_one_in_whatever_letters(provider: str, written: str) -> None:
    assert read(provider, body(provider, "a renewal", environment=written)).reading == "test"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_ids_of_events_carry_the_providers_name(provider: str) -> None:
    ids = [row(provider, case).event_id for case in cases(provider)]
    assert all(one.startswith(f"{provider}:") for one in ids)


def test_a_refund_reported_under_two_ids_is_one_event() -> None:
    body = cases("revenuecat")["support refunds"]["body"]
    again = {"event": {**body["event"], "id": "another"}}
    first, second = (event_row("app_1", "revenuecat", read("revenuecat", one), NOW) for one in (body, again))
    assert first.event_id == second.event_id


def test_a_long_id_is_kept_as_its_digest() -> None:
    body = {"event": {**cases("revenuecat")["a trial starts"]["body"]["event"], "id": "x" * 200}}
    event = event_row("app_1", "revenuecat", read("revenuecat", body), NOW)
    assert event.event_id.startswith("revenuecat:")
    assert len(event.event_id) < 100


@pytest.mark.parametrize("at", [1, 253_402_300_800_000, -5, "soon", None], ids=str)
def test_a_time_that_cannot_be_is_the_time_of_arrival(at: Any) -> None:
    event = {**cases("revenuecat")["a trial starts"]["body"]["event"], "event_timestamp_ms": at, "purchased_at_ms": at}
    assert event_row("app_1", "revenuecat", read("revenuecat", {"event": event}), NOW).occurred_at == NOW


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [(999, "EUR", "9.99"), (999, "JPY", "999"), (999, "KRW", "999"), (9990, "BHD", "9.99"), (500, "UGX", "5")],
)
def test_stripes_smallest_units_become_units_of_the_currency(amount: int, currency: str, units: str) -> None:
    assert major_units(Decimal(amount), currency) == Decimal(units)


def test_refunds_go_out_only_as_the_app_says() -> None:
    refunds = [f"{prefix}_refund" for prefix in ("rc", "sw", "adapty", "stripe")]
    assert {target_event(name, to()) for name in refunds} == {""}
    assert {target_event(name, to(unmapped="custom")) for name in refunds} == {""}
    assert {target_event(name, to(refund_event="CancelOrder")) for name in refunds} == {"CancelOrder"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(every_case()), st.data())
def test_fields_of_any_type_never_break_the_reading(chosen: tuple[str, str], data: st.DataObject) -> None:
    provider, case = chosen
    body = json.loads(json.dumps(cases(provider)[case]["body"]))
    places = [body, *(part for part in body.values() if isinstance(part, dict))]
    places += [part for place in places[1:] for part in place.values() if isinstance(part, dict)]
    place = data.draw(st.sampled_from([one for one in places if one]))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(JSON)
    source = SOURCES[provider].read(body)
    if source is not None:
        event = event_row("app_1", SOURCES[provider].provider, source, NOW)
        assert event.value is None or event.value > 0
        assert event.occurred_at <= NOW
        json.dumps(event.body)


@pytest.mark.parametrize(
    ("provider", "facts", "proceeds"),
    [
        ("revenuecat", {"tax_percentage": 0.2, "commission_percentage": 0.15}, "6.4935"),
        ("revenuecat", {"tax_percentage": 0, "commission_percentage": 0.3}, "6.993"),
        ("revenuecat", {"tax_percentage": None, "commission_percentage": 0.3}, None),
        ("revenuecat", {"tax_percentage": 20, "commission_percentage": 15}, None),
        ("superwall", {"taxPercentage": 0.2, "commissionPercentage": 0.15}, "6.4935"),
        ("superwall", {"taxPercentage": 0.2, "commissionPercentage": None}, None),
        ("adapty", {"net_revenue_local": 6.5, "net_revenue_usd": 7}, "6.5"),
        ("adapty", {"net_revenue_local": None, "net_revenue_usd": 7}, None),
        ("adapty", {"price_local": None, "net_revenue_local": None, "net_revenue_usd": 7}, "7"),
    ],
)
def test_proceeds_are_what_store_and_tax_leave_in_the_currency_of_the_value(
    provider: str, facts: dict[str, Any], proceeds: str | None
) -> None:
    body = next(
        case["body"] for case in cases(provider).values()
        if case["expect"]["name"].endswith("_subscription_started") and case["expect"]["value"] == "9.99"
    )  # fmt: skip
    part = {"revenuecat": "event", "superwall": "data", "adapty": "event_properties"}[provider]
    found = read(provider, body | {part: body[part] | facts})
    assert found.proceeds == (None if proceeds is None else Decimal(proceeds))
    row = event_row("app_1", SOURCES[provider].provider, found, NOW)
    assert row.body.get("proceeds") == proceeds
