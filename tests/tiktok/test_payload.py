"""What is sent to TikTok: the rows of `data[]` and the body around them."""

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok.payload import (
    IDENTIFIERS_CUT,
    MAX_ROWS,
    NO_EMAIL,
    NO_PUBLIC_IP,
    NO_USER_AGENT,
    Conversion,
    event_row,
    request_body,
    sent_event_id,
)

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 12_1_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/16D57"
)
TTCLID = "E.C.P." + "CrwB_-9x" * 39 + "tail"


def conversion(**facts: Any) -> Conversion:
    defaults: dict[str, Any] = {"event": "Download", "event_id": "e1", "event_time": 1_600_372_167}
    return Conversion(**defaults | facts)


def unix(iso: str) -> int:
    return int(datetime.fromisoformat(iso).timestamp())


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def raw(*rows: Any) -> list[msgspec.Raw]:
    return [msgspec.Raw(msgspec.json.encode(row)) for row in rows]


def from_case(given: dict[str, Any]) -> Conversion:
    own = {key: given[key] for key in ("query", "contents") if key in given}
    return conversion(
        event=given["event"],
        event_id=given.get("event_id", "e1"),
        event_time=unix(given.get("timestamp", "2020-09-17T19:49:27Z")),
        **{key: given.get(key) for key in ("email", "phone", "external_id", "ttclid", "ip", "user_agent", "currency")},
        page_url=given.get("url"),
        page_referrer=given.get("referrer"),
        value=Decimal(given["value"]) if "value" in given else None,
        properties=own,
        limited_data_use=False,
    )


def sent(given: dict[str, Any]) -> dict[str, Any]:
    row = event_row(from_case(given)).body
    decoded: dict[str, Any] = msgspec.json.decode(request_body(given["pixel"], raw(row), given.get("test_event_code")))
    return decoded


@pytest.mark.tiktok_cases("payload")
def test_the_collected_payloads_come_out(case: dict[str, Any]) -> None:
    check = {
        "payload-web-initiatecheckout": web_payload,
        "payload-crm-lead": only_the_web_source_is_sent,
        "payload-batch-two-events": two_events_share_an_id,
        "payload-custom-event-case": custom_name_is_kept,
        "payload-empty-properties": empty_properties_are_left_out,
    }[case["id"]]
    check(case["input"], case["expected"])


def web_payload(given: dict[str, Any], expected: dict[str, Any]) -> None:
    [row] = expected["data"]
    # where the collected case shows its sender's ways and the fact sheet decides otherwise
    row["user"]["external_id"] = [sha256("testId123")]  # case is kept
    del row["user"]["ip"]  # 0.0.0.0 is nobody's address
    del row["properties"]["content_type"]  # no default for a checkout
    row["properties"]["num_items"] = 2
    row["properties"]["content_ids"] = ["abc123"]  # a catalogue ad matches its products by them
    assert sent(given) == expected


def only_the_web_source_is_sent(given: dict[str, Any], _: dict[str, Any]) -> None:
    body = sent({"event": "Lead", "pixel": "P"} | given)
    assert body["event_source"] == "web"
    assert "lead" not in body["data"][0]


def two_events_share_an_id(given: dict[str, Any], expected: dict[str, Any]) -> None:
    names = given["one source event mapped to"]
    rows = [event_row(from_case(given | {"event": name})).body for name in names]
    body = msgspec.json.decode(request_body(given["pixel"], raw(*rows)))
    assert body["event_source"] == expected["event_source"]
    assert body["event_source_id"] == expected["event_source_id"]
    assert len(body["data"]) == expected["data.length"]
    for field in ("event", "event_id", "event_time"):
        assert [row[field] for row in body["data"]] == expected[f"data[*].{field}"]


def custom_name_is_kept(given: dict[str, Any], expected: dict[str, Any]) -> None:
    row = event_row(conversion(event=given["event"], properties={"order_id": "1"})).body
    assert row["event"] == expected["data[0].event"]
    assert "content_type" not in row["properties"]


def empty_properties_are_left_out(given: dict[str, Any], _: dict[str, Any]) -> None:
    assert "properties" not in event_row(conversion(event=given["event"])).body


@pytest.mark.tiktok_cases("event_time")
def test_the_time_is_sent_in_whole_seconds(case: dict[str, Any]) -> None:
    row = event_row(conversion(event_time=unix(case["input"]["iso"]))).body
    assert row["event_time"] == case["expected"]["event_time"]


EVERY_SIGNAL: dict[str, Any] = {
    "ttclid": TTCLID,
    "ttp": "2F7h37YkS1j57AYSKTI7IHhJPYH",
    "ip": "8.8.8.8",
    "user_agent": IPHONE,
    "locale": "en_US",
    "email": ["A@b.com", "c@d.com"],
    "phone": "(213) 373-4253",
    "external_id": "User_1",
    "first_name": "Max",
    "last_name": "O'Neil",
    "zip_code": "94105-1234",
    "city": "San Francisco",
    "state": "US-CA",
    "country": "US",
    "page_url": "https://go.example.com/x?ttclid=1",
    "page_referrer": "https://www.tiktok.com/",
    "limited_data_use": True,
}
EVERY_SIGNAL_SENT = {
    "event": "Download",
    "event_time": 1_600_372_167,
    "event_id": "e1",
    "user": {
        "email": [sha256("a@b.com"), sha256("c@d.com")],
        "phone": [sha256("+12133734253")],
        "external_id": [sha256("User_1")],
        "first_name": sha256("max"),
        "last_name": sha256("oneil"),
        "zip_code": sha256("94105"),
        "city": "sanfrancisco",
        "state": "ca",
        "country": "us",
        "ttclid": TTCLID,
        "ttp": "2F7h37YkS1j57AYSKTI7IHhJPYH",
        "ip": "8.8.8.8",
        "user_agent": IPHONE,
        "locale": "en-US",
    },
    "page": {"url": "https://go.example.com/x?ttclid=1", "referrer": "https://www.tiktok.com/"},
    "limited_data_use": True,
}


def test_every_signal_goes_where_tiktok_reads_it() -> None:
    row = event_row(conversion(**EVERY_SIGNAL))
    assert row.body == EVERY_SIGNAL_SENT
    assert row.notes == ()


def test_a_conversion_of_which_nothing_is_known_is_sent_and_marked() -> None:
    row = event_row(conversion())
    assert row.body == {"event": "Download", "event_time": 1_600_372_167, "event_id": "e1"}
    assert row.notes == (NO_PUBLIC_IP, NO_USER_AGENT)


@pytest.mark.parametrize(
    ("email", "is_said"),
    [
        ("ann", True),
        (["ann", "@"], True),
        ("ann@example.com", False),
        (["ann", "ann@example.com"], False),
        (None, False),
    ],
)
def test_an_email_that_is_no_address_is_left_out_and_said(email: Any, is_said: bool) -> None:
    row = event_row(conversion(email=email))
    assert ("email" in row.body.get("user", {})) is (bool(email) and not is_said)
    assert (NO_EMAIL in row.notes) is is_said


def test_a_flood_of_identifiers_is_cut_and_said_so() -> None:
    row = event_row(conversion(external_id=[str(number) for number in range(1_000)]))
    assert len(row.body["user"]["external_id"]) == 32
    assert IDENTIFIERS_CUT in row.notes


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["contents", "content_ids", "num_items", "order_id", "query", "description", "value", "predicted_ltv", "other"]
TEXT = st.none() | st.text(st.characters())
IDENTIFIER = TEXT | st.lists(st.text() | st.integers(), max_size=3) | st.integers() | st.floats()


def empties(value: Any) -> bool:
    if isinstance(value, dict):
        return not value or any(map(empties, value.values()))
    if isinstance(value, list):
        return not value or any(map(empties, value))
    return value is None or value == ""


@given(
    facts=st.fixed_dictionaries(
        {"event": st.sampled_from(["Purchase", "Search", "x"]), "event_id": st.just("e"), "event_time": st.integers(0)},
        optional=dict.fromkeys(("email", "phone", "external_id"), IDENTIFIER)
        | dict.fromkeys(("first_name", "last_name", "zip_code", "city", "state", "country", "locale"), TEXT)
        | dict.fromkeys(("ttclid", "ttp", "ip", "user_agent", "page_url", "page_referrer", "currency"), TEXT)
        | {"value": st.none() | st.decimals(), "properties": st.dictionaries(st.sampled_from(KEYS), JSON)},
    )
)
def test_any_conversion_gives_a_row_that_json_can_hold_without_an_empty_field(facts: dict[str, Any]) -> None:
    row = event_row(Conversion(**facts))
    assert not empties(row.body)
    assert msgspec.json.decode(msgspec.json.encode(row.body)) == row.body


def test_rows_go_into_the_body_byte_for_byte() -> None:
    odd = b'{ "event":"Download",  "value" : 9.990 }'
    assert odd in request_body("PIXEL", [msgspec.Raw(odd)])


def test_a_test_event_code_stands_beside_the_pixel_and_only_when_set() -> None:
    assert msgspec.json.decode(request_body("P", raw({}), "TEST1"))["test_event_code"] == "TEST1"
    assert "test_event_code" not in msgspec.json.decode(request_body("P", raw({}), ""))


def test_no_partner_name_is_sent() -> None:
    assert set(msgspec.json.decode(request_body("P", raw({})))) == {"event_source", "event_source_id", "data"}


@pytest.mark.parametrize("count", [0, MAX_ROWS + 1])
def test_a_body_of_no_row_or_too_many_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"rows: {count} "):
        request_body("P", raw({}) * count)


def test_a_full_body_is_taken() -> None:
    assert len(msgspec.json.decode(request_body("P", raw({}) * MAX_ROWS))["data"]) == MAX_ROWS


def test_the_sent_event_id_never_changes_between_releases() -> None:
    expected = sha256("5:app_14:evt18:Purchase")[:32]
    assert sent_event_id("app_1", "evt1", "Purchase") == expected


@given(st.tuples(*[st.text()] * 3), st.tuples(*[st.text()] * 3))
def test_two_events_share_a_sent_id_only_if_they_are_one(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert (sent_event_id(*one) == sent_event_id(*other)) == (one == other)


def test_moving_a_character_from_one_part_to_the_next_changes_the_sent_id() -> None:
    assert len({sent_event_id("ab", "c", "d"), sent_event_id("a", "bc", "d"), sent_event_id("a", "b", "cd")}) == 3
