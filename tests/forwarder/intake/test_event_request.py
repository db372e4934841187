"""Event requests, by table."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from forwarder.errors import FieldError, Refusal
from forwarder.intake.event_request import read_event, read_events, split_rows
from forwarder.intake.set_aside import PLACEHOLDER, noting
from ledger.events import NewEvent

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def read(**fields: Any) -> NewEvent:
    body = {"event_id": "e", "install_id": "i", "name": "purchase"} | fields
    given = {name: value for name, value in body.items() if value is not ...}
    return read_event(msgspec.json.encode(given), "app_a", NOW)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"event_id": ...}, "event_id"),
        ({"event_id": ""}, "event_id"),
        ({"event_id": "install:i"}, "event_id"),
        ({"name": ...}, "name"),
        ({"name": "x" * 300}, "name"),
        ({"name": "install"}, "name"),
        ({"name": 5}, "name"),
        ({"install_id": ...}, "install_id"),
        ({"install_id": ..., "user": {"email": "a@example.com"}}, "install_id"),
        ({"occurred_at": "2036-01-01T00:00:00Z"}, "occurred_at"),
        ({"value": -5}, "value"),
        ({"value": "1,000"}, "value"),
        ({"value": 1e13}, "value"),
        ({"value": True}, "value"),
        ({"value": [1]}, "value"),
        ({"currency": "USD<"}, "currency"),
        ({"currency": 840}, "currency"),
        ({"properties": []}, "properties"),
        ({"properties": {"contents": "sku"}}, "properties.contents"),
        ({"properties": {"contents": ["sku"]}}, "properties.contents"),
        ({"properties": {"search_string": {}}}, "properties.search_string"),
        ({"properties": {str(number): 1 for number in range(201)}}, "properties"),
        ({"user": {"phone": 1.5}}, "user.phone"),
        ({"consent": {"marketing": "maybe"}}, "consent.marketing"),
        ({"ip": "nowhere"}, "ip"),
        ({"limited_data_use": 1}, "limited_data_use"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(FieldError) as refused:
        read(**fields)
    assert refused.value.field == field


def test_a_single_content_becomes_a_list_and_its_numeric_id_text() -> None:
    event = read(
        properties={"contents": {"content_id": 7, "price": "9.99"}, "custom": [1, None], "description": "a\x00b"}
    )
    assert event.body["properties"] == {
        "contents": [{"content_id": "7", "price": "9.99"}], "custom": [1, None], "description": "ab",
    }  # fmt: skip


def test_a_person_is_enough_where_no_install_is_named() -> None:
    event = read(install_id=..., user={"external_id": "u"})
    assert (event.install_id, event.external_ids) == (None, ("u",))


def test_denied_consent_keeps_nothing_that_says_who_it_was() -> None:
    told = {"ip": "203.0.113.7", "user_agent": "x", "user": {"email": "a@example.com"}, "properties": {"query": "ill"}}
    assert read(consent={"marketing": "denied"}, **told).body == {"consent": {"marketing": "denied"}}
    assert read(consent={"marketing": "granted"}, **told).body == {"consent": {"marketing": "granted"}, **told}


@pytest.mark.parametrize("unseen", [" ", "\u00a0", "\u200b", "\ufeff", "\u2060 ", "\u200e"])
def test_blanks_and_what_is_not_seen_are_no_part_of_a_name_an_amount_or_a_currency(unseen: str) -> None:
    event = read(name=f"{unseen}purchase{unseen}", value=f"{unseen}9.99{unseen}", currency=f"{unseen}eur{unseen}")
    assert (event.name, event.value, event.currency) == ("purchase", Decimal("9.99"), "EUR")
    assert read(value=unseen, currency=unseen).value is None


@pytest.mark.parametrize("name", ["\u200b", " \ufeff", "install\u200b"])
def test_a_name_of_nothing_that_is_seen_is_none_and_install_is_taken(name: str) -> None:
    with pytest.raises(FieldError) as refused:
        read(name=name)
    assert refused.value.field == "name"


def test_rows_keep_their_index() -> None:
    rows = split_rows(b'[{"event_id": "a", "install_id": "i", "name": "x"}, 5, {"event_id": "b"}]')
    events, rejected = read_events(rows, "app_a", NOW)
    assert [index for index, _ in events] == [0]
    assert [(row.index, row.field) for row in rejected] == [(1, ""), (2, "name")]


@pytest.mark.parametrize(
    ("raw", "status"), [(b"[]", 422), (b"[" + b",".join([b"{}"] * 1001) + b"]", 413), (b"[{]", 400), (b" [1", 400)]
)
def test_a_list_that_cannot_be_split_is_refused(raw: bytes, status: int) -> None:
    with pytest.raises(Refusal) as refused:
        split_rows(raw)
    assert refused.value.status == status


def test_no_placeholder_is_a_product_or_an_order() -> None:
    contents = [{"content_id": "undefined", "price": 5}, {"content_id": 7.0}, {"content_id": 1.5}, {"content_id": "0"}]
    given = {"order_id": "(null)", "content_ids": ["null", "a", 1001.0], "contents": contents, "coupon": "none"}
    with noting() as noted:
        properties = read(properties=given).body["properties"]
    ids = [{"price": 5}, {"content_id": "7"}, {"content_id": 1.5}, {"content_id": "0"}]
    assert properties == {"content_ids": ["a", "1001"], "contents": ids, "coupon": "none"}
    assert dict(noted) == {
        ("properties.order_id", PLACEHOLDER): 1, ("properties.content_ids", PLACEHOLDER): 1,
        ("properties.contents.content_id", PLACEHOLDER): 1,
    }  # fmt: skip


def test_an_order_that_lost_its_digits_is_named() -> None:
    with pytest.raises(FieldError) as refused:
        read(properties={"order_id": 1e18})
    assert refused.value.field == "properties.order_id"
