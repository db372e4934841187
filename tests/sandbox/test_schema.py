"""Rows TikTok takes and rows it refuses."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.codes import Code
from sandbox.refusals import Refusal
from sandbox.schema import CURRENCIES, check_row
from tests.sandbox.rows import EMAIL_HASH, NOW, a_full_row, a_row

GOOD = {
    "smallest": a_row(),
    "every field": a_full_row(),
    "no event_id": {"event": "Download", "event_time": int(NOW)},
    "custom event name": a_row(event="customEvent"),
    "long ago": a_row(event_time=1_600_372_167),
    "a clock a little ahead": a_row(event_time=int(NOW) + 299),
    "empty objects": a_row(user={}, properties={}, page={}),
    "value zero": a_row(properties={"value": 0}),
    "value a whole number": a_row(properties={"value": 100}),
    "unknown property": a_row(properties={"gtm_version": "1", "predicted_ltv": "high"}),
    "unknown user field": a_row(user={"user_agent_hints": "x"}),
    "unknown row field": a_row(note=1),
    "ttclid of 1000 characters": a_row(user={"ttclid": "x" * 1000}),
    "client hints": a_row(device={"model": "Pixel 9"}),
    "IPv4": a_row(user={"ip": "8.8.8.8"}),
    "IPv6": a_row(user={"ip": "2001:4860:4860::8888"}),
    "IPv4-mapped public address": a_row(user={"ip": "::ffff:8.8.8.8"}),
    "http page with a port": a_row(page={"url": "http://127.0.0.1:8000/demo?x=1"}),
    "letters of any script in a place": a_row(user={"city": "東京", "state": "हिमाचल"}),
}


@pytest.mark.parametrize("row", GOOD.values(), ids=GOOD.keys())
def test_a_good_row_passes(row: dict[str, Any]) -> None:
    check_row(row, NOW)


@pytest.mark.parametrize("currency", sorted(CURRENCIES))
def test_every_listed_currency_passes(currency: str) -> None:
    check_row(a_row(properties={"value": 1, "currency": currency}), NOW)


ROW_FAULTS: list[tuple[str, Any, str]] = [
    ("not an object", "Purchase", ""),
    ("a list", [], ""),
    ("null", None, ""),
    ("no event", {"event_time": int(NOW)}, "event"),
    ("empty event", a_row(event=""), "event"),
    ("blank event", a_row(event="  "), "event"),
    ("event a number", a_row(event=1), "event"),
    ("no event_time", {"event": "Purchase"}, "event_time"),
    ("event_time text", a_row(event_time="1795000000"), "event_time"),
    ("event_time a fraction", a_row(event_time=NOW + 0.5), "event_time"),
    ("event_time true", a_row(event_time=True), "event_time"),
    ("event_time null", a_row(event_time=None), "event_time"),
    ("event_time zero", a_row(event_time=0), "event_time"),
    ("event_time in milliseconds", a_row(event_time=int(NOW) * 1000), "event_time"),
    ("event_time in the future", a_row(event_time=int(NOW) + 301), "event_time"),
    ("event_id a number", a_row(event_id=7), "event_id"),
    ("event_id empty", a_row(event_id=""), "event_id"),
    ("event_id null", a_row(event_id=None), "event_id"),
    ("limited_data_use text", a_row(limited_data_use="false"), "limited_data_use"),
    ("app of an app event", a_row(app={"app_id": "1"}), "app"),
    ("ad of an app event", a_row(ad={"callback": "E.C.P.x"}), "ad"),
    ("lead of a CRM event", a_row(lead={"lead_id": "1"}), "lead"),
    ("test_event_code in the row", a_row(test_event_code="TEST1"), "test_event_code"),
    ("device text", a_row(device="phone"), "device"),
    ("user null", a_row(user=None), "user"),
    ("user a list", a_row(user=[]), "user"),
    ("properties null", a_row(properties=None), "properties"),
    ("page text", a_row(page="https://example.com"), "page"),
]

USER_FAULTS: list[tuple[str, Any, str]] = [
    ("email", 1, "email"),
    ("email", "", "email"),
    ("email", [], "email"),
    ("email", [EMAIL_HASH, 2], "email.1"),
    ("email", None, "email"),
    ("ttclid", "", "ttclid"),
    ("ttclid", "x" * 1001, "ttclid"),
    ("ttclid", "E.C.P.\u00e9", "ttclid"),
    ("ttclid", "E.C.P.\n", "ttclid"),
    ("ttclid", "__CLICKID__", "ttclid"),
    ("ttclid", ["E.C.P.x"], "ttclid"),
    ("ttp", "", "ttp"),
    ("ip", "localhost", "ip"),
    ("ip", "8.8.8.8 ", "ip"),
    ("ip", "8.8.8.8:443", "ip"),
    ("ip", "127.0.0.1", "ip"),
    ("ip", "10.0.0.1", "ip"),
    ("ip", "192.168.1.1", "ip"),
    ("ip", "100.64.0.1", "ip"),
    ("ip", "169.254.1.1", "ip"),
    ("ip", "0.0.0.0", "ip"),
    ("ip", "203.0.113.7", "ip"),
    ("ip", "224.0.0.1", "ip"),
    ("ip", "::1", "ip"),
    ("ip", "fe80::1", "ip"),
    ("ip", "2001:4860:4860::8888%eth0", "ip"),
    ("ip", "fd00::1", "ip"),
    ("ip", "::ffff:10.0.0.1", "ip"),
    ("ip", "::ffff:224.0.0.1", "ip"),
    ("ip", 134744072, "ip"),
    ("user_agent", "", "user_agent"),
    ("user_agent", "Mozilla/5.0\r\nX: y", "user_agent"),
    ("user_agent", {}, "user_agent"),
    ("locale", "", "locale"),
    ("locale", "en_GB", "locale"),
    ("city", "New York", "city"),
    ("city", "Paris", "city"),
    ("city", "st.gallen", "city"),
    ("country", "DE", "country"),
    ("country", EMAIL_HASH, "country"),
    ("state", "", "state"),
    ("att_status", "authorized", "att_status"),
    ("lead_id", "1", "lead_id"),
]

PROPERTY_FAULTS: list[tuple[str, Any, str]] = [
    ("value", "9.99", "value"),
    ("value", -0.01, "value"),
    ("value", True, "value"),
    ("value", None, "value"),
    ("value", -(10**400), "value"),
    ("currency", "eur", "currency"),
    ("currency", "XAU", "currency"),
    ("currency", "", "currency"),
    ("currency", 978, "currency"),
    ("contents", {"content_id": "1"}, "contents"),
    ("contents", [], "contents"),
    ("contents", ["sku1"], "contents.0"),
    ("contents", [{"content_id": "1"}, {"content_id": 2}], "contents.1.content_id"),
    ("contents", [{"content_id": "1", "price": "9.99"}], "contents.0.price"),
    ("contents", [{"content_id": "1", "quantity": "1"}], "contents.0.quantity"),
    ("contents", [{"content_id": "1", "content_name": ""}], "contents.0.content_name"),
    ("content_ids", "sku1", "content_ids"),
    ("content_ids", [1], "content_ids.0"),
    ("content_ids", [""], "content_ids.0"),
    ("contents_ids", ["1"], "contents_ids"),
    ("content_type", "products", "content_type"),
    ("num_items", 1.5, "num_items"),
    ("num_items", -1, "num_items"),
    ("num_items", "1", "num_items"),
    ("order_id", 1, "order_id"),
    ("search_string", "", "search_string"),
]

PAGE_FAULTS: list[tuple[str, Any, str]] = [
    ("url", "", "url"),
    ("url", "/slug", "url"),
    ("url", "go.example.com/slug", "url"),
    ("url", "ftp://go.example.com/", "url"),
    ("url", "https://", "url"),
    ("url", "https:///slug", "url"),
    ("url", "https://go.example.com/a b", "url"),
    ("url", "https://user@go.example.com/", "url"),
    ("url", 1, "url"),
    ("referrer", "", "referrer"),
    ("referrer", "google", "referrer"),
]


def _inside(part: str, table: list[tuple[str, Any, str]]) -> list[tuple[str, Any, str]]:
    return [
        (f"{part}.{name} {value!r:.40}", a_row(**{part: {name: value}}), f"{part}.{at}") for name, value, at in table
    ]


BAD = ROW_FAULTS + _inside("user", USER_FAULTS) + _inside("properties", PROPERTY_FAULTS) + _inside("page", PAGE_FAULTS)


@pytest.mark.parametrize(("row", "field"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_row_is_refused_with_40002_and_the_place_of_its_fault(row: Any, field: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_row(row, NOW)
    assert caught.value.code == Code.PARAM_ERROR
    assert (caught.value.field or "") == field


@given(
    part=st.sampled_from(["user", "properties", "page"]),
    name=st.sampled_from(
        ["email", "ip", "city", "locale", "ttclid", "value", "contents", "num_items", "url", "referrer"]
    ),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    ),
)
def test_any_value_in_any_field_passes_or_is_refused_and_breaks_nothing(part: str, name: str, value: Any) -> None:
    refused = _refused_field(a_row(**{part: {name: value}}))
    assert refused is None or refused.startswith(f"{part}.{name}")


def _refused_field(row: Any) -> str | None:
    try:
        check_row(row, NOW)
    except Refusal as refusal:
        return refusal.field or ""
    return None
