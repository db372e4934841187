"""What a platform passes on of an app: what says nothing must not stand in front of what another place knows."""

from datetime import UTC, datetime
from typing import Any

import pytest

from forwarder.intake.set_aside import noting
from forwarder.intake.webhooks import adapty, revenuecat, stripe
from forwarder.intake.webhooks.reading import from_iso, from_millis, from_seconds, text

NOTHING = ["null", "(NULL)", "undefined", "None", "{{email}}", " nil\u200b"]


def of_revenuecat(attributes: dict[str, Any], **fields: Any) -> Any:
    event = {"id": "e", "type": "RENEWAL", "app_user_id": "u", **fields}
    return revenuecat.read(
        {"event": event | {"subscriber_attributes": {k: {"value": v} for k, v in attributes.items()}}}
    )


@pytest.mark.parametrize("nothing", NOTHING)
def test_a_placeholder_gives_way_to_the_next_place(nothing: str) -> None:
    source = of_revenuecat(
        {"$email": nothing, "email": "a@example.com", "$phoneNumber": nothing, "phone": "+14155552671",
         "$ip": "10.0.0.1", "ip": "8.8.8.8", "ttclid": nothing, "signalpost_install_id": nothing},
        app_user_id=nothing, original_app_user_id="own", aliases=[nothing, "alias"], transaction_id=nothing,
    )  # fmt: skip
    person = source.person
    assert (person.email, person.phone, person.ip) == ("a@example.com", "+14155552671", "8.8.8.8")
    assert (person.ids, person.external_id, person.install_id, person.ttclid) == (("own", "alias"), "own", None, None)
    assert (source.transaction_id, source.properties) == (None, {})


def test_what_the_provider_knows_stands_behind_the_attributes() -> None:
    properties = {"profile_event_id": "e", "profile_ip_address": "8.8.4.4"}
    known = {"event_type": "subscription_renewed", "email": "a@example.com", "user_agent": "Mozilla/5.0"}
    attributes = {"email": "null", "ip": "192.168.1.2", "user_agent": "undefined"}
    source = adapty.read({**known, "event_properties": properties, "user_attributes": attributes})
    assert source is not None
    assert (source.person.email, source.person.ip, source.person.user_agent) == (
        "a@example.com", "8.8.4.4", "Mozilla/5.0",
    )  # fmt: skip
    charge = {
        "id": "ch",
        "metadata": {"order_id": "null"},
        "billing_details": {"email": "null"},
        "receipt_email": "r@e.co",
    }
    paid = stripe.read({"id": "evt", "type": "charge.succeeded", "data": {"object": charge}})
    assert paid is not None
    assert (paid.person.email, paid.transaction_id) == ("r@e.co", "ch")


@pytest.mark.parametrize(
    "ip", ["203.0.113.7:443", "8.8.8.8", "10.0.0.1, 8.8.8.8", "[2606:4700::1111]:443", "somewhere"]
)
def test_an_address_is_read_as_an_installs_is(ip: str) -> None:
    found = of_revenuecat({"$ip": ip}).person.ip
    assert found == {
        "8.8.8.8": "8.8.8.8",
        "10.0.0.1, 8.8.8.8": "8.8.8.8",
        "[2606:4700::1111]:443": "2606:4700::1111",
    }.get(ip)


@pytest.mark.parametrize("never", [0, "0", 0.0, -62135596800])
def test_a_time_of_zero_is_unknown(never: Any) -> None:
    assert from_seconds(never) is None
    assert from_millis(never * 1000 if not isinstance(never, str) else never) is None
    assert of_revenuecat({}, event_timestamp_ms=never, purchased_at_ms=1_790_000_000_000).occurred_at is not None


@pytest.mark.parametrize(
    "written", ["2026-11-27T13:00Z", "2026-11-27T14:00+0100", "2026-11-27T14:00+01:00[Europe/Berlin]"]
)
def test_times_are_read_as_java_writes_them(written: str) -> None:
    assert from_iso(written) == datetime(2026, 11, 27, 13, tzinfo=UTC)
    assert from_iso("0001-01-01T00:00:00Z") is None


def test_an_id_that_lost_its_digits_is_set_aside_and_counted() -> None:
    with noting() as noted:
        assert text(1.8446744073709552e19, field="app_user_id") is None
    assert dict(noted) == {("app_user_id", "lost_digits"): 1}
    assert text(1.790000000000001e15) == "1790000000000001"
