"""An app's own properties as TikTok takes them."""

from decimal import Decimal
from typing import Any

import pytest

from tiktok.properties import (
    CONTENT_TYPE_UNKNOWN,
    CURRENCY_UNSUPPORTED,
    NUMBER_NEGATIVE,
    NUMBER_UNREADABLE,
    PURCHASE_WITHOUT_VALUE,
    VALUE_MISPLACED,
    VALUE_UNUSABLE,
    VALUE_WITHOUT_CURRENCY,
    event_properties,
    json_number,
)


def properties(event: str, **own: Any) -> dict[str, Any]:
    return event_properties(event, own, None, None)[0]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (Decimal("9.99"), 9.99),
        (Decimal("9.90"), 9.9),
        (Decimal("10.00"), 10),
        (Decimal("1E+2"), 100),
        (Decimal("0"), 0),
        (0.1 + 0.2, 0.30000000000000004),
        ("19.5", 19.5),
        (3, 3),
        ("1,000", None),
        ("", None),
        (True, None),
        (None, None),
        (Decimal("NaN"), None),
        (float("inf"), None),
        pytest.param(10**5000, None, id="an integer of 5001 digits"),
        ("1e999999999", None),
        ("-1e999999999", None),
        (Decimal("1e-999999999"), 0.0),
        ([1], None),
    ],
)
def test_a_number_is_the_shortest_json_number(value: object, number: float | None) -> None:
    got = json_number(value)
    assert (got, type(got)) == (number, type(number))


@pytest.mark.parametrize(
    ("event", "value", "currency", "sent", "notes"),
    [
        ("Purchase", Decimal("9.99"), "eur", {"value": 9.99, "currency": "EUR"}, []),
        ("Subscribe", Decimal(0), "USD", {"value": 0, "currency": "USD"}, []),
        ("Subscribe", Decimal(5), None, {}, [VALUE_WITHOUT_CURRENCY]),
        ("Subscribe", Decimal(5), "BGN", {}, [CURRENCY_UNSUPPORTED]),
        ("Subscribe", Decimal(-5), "USD", {}, [VALUE_UNUSABLE]),
        ("Subscribe", Decimal("NaN"), "USD", {}, [VALUE_UNUSABLE]),
        ("Subscribe", None, "USD", {}, []),
        ("Purchase", None, None, {}, [PURCHASE_WITHOUT_VALUE]),
        ("CompletePayment", Decimal(5), None, {}, [VALUE_WITHOUT_CURRENCY, PURCHASE_WITHOUT_VALUE]),
    ],
)
def test_value_and_currency_go_out_together_or_not_at_all(
    event: str, value: Decimal | None, currency: str | None, sent: dict[str, Any], notes: list[str]
) -> None:
    got, said = event_properties(event, {}, value, currency)
    got.pop("content_type", None)
    assert (got, said) == (sent, notes)


def test_a_value_among_the_properties_is_not_sent_but_pointed_out() -> None:
    assert event_properties("Subscribe", {"value": 5, "currency": "USD"}, None, None) == ({}, [VALUE_MISPLACED])


@pytest.mark.parametrize("event", ["AddToCart", "CompletePayment", "PlaceAnOrder", "Purchase", "ViewContent"])
def test_an_event_about_products_says_so(event: str) -> None:
    assert properties(event, order_id="1")["content_type"] == "product"
    assert properties(event, order_id="1", content_type="product_group")["content_type"] == "product_group"
    assert properties(event) == {}


@pytest.mark.parametrize("said", ["subscription", "article", "products", 7])
@pytest.mark.parametrize(
    ("event", "sent"), [("Purchase", {"order_id": "1", "content_type": "product"}), ("Lead", {"order_id": "1"})]
)
def test_a_content_type_that_tiktok_does_not_know_costs_itself_and_not_the_event(
    event: str, sent: dict[str, Any], said: object
) -> None:
    got, notes = event_properties(event, {"order_id": "1", "content_type": said}, Decimal(1), "EUR")
    assert ({name: got[name] for name in got if name not in ("value", "currency")}, notes) == (
        sent,
        [CONTENT_TYPE_UNKNOWN],
    )


@pytest.mark.parametrize("said", ["Product_Group", " PRODUCT_GROUP "])
def test_a_content_type_is_told_in_small_letters(said: str) -> None:
    assert properties("Lead", content_type=said) == {"content_type": "product_group"}


@pytest.mark.parametrize("event", ["Search", "InitiateCheckout", "customEvent", "Download"])
def test_no_other_event_gets_a_content_type(event: str) -> None:
    assert properties(event, order_id="1") == {"order_id": "1"}


@pytest.mark.parametrize(
    ("contents", "sent", "items"),
    [
        ({"content_id": 7, "price": "9.50"}, [{"content_id": "7", "price": 9.5}], 1),
        (
            [{"content_id": "a", "quantity": 2}, {"content_id": "b", "quantity": "3"}],
            [{"content_id": "a", "quantity": 2}, {"content_id": "b", "quantity": 3}],
            5,
        ),
        ([{"content_id": "a", "email": "x@y.z", "brand": " B "}], [{"content_id": "a", "brand": "B"}], 1),
        ([{"content_id": "", "price": None}, "junk", {}, {"brand": "B"}], [{"brand": "B"}], 1),
    ],
)
def test_contents_are_a_list_of_known_fields_and_counted(contents: Any, sent: list[Any], items: int) -> None:
    ids = {"content_ids": [item["content_id"] for item in sent if "content_id" in item]}
    expected = {"contents": sent, "num_items": items} | (ids if ids["content_ids"] else {})
    assert properties("AddPaymentInfo", contents=contents) == expected


def test_content_ids_are_those_of_the_contents_unless_the_app_names_them() -> None:
    contents = [{"content_id": "a"}, {"content_id": 7}, {"content_id": "a"}, {"price": 1}]
    assert properties("Purchase", contents=contents)["content_ids"] == ["a", "7"]
    assert properties("Purchase", contents=contents, content_ids=["x"])["content_ids"] == ["x"]


@pytest.mark.parametrize("number", [-1, "-0.01", -1e9])
@pytest.mark.parametrize("key", ["price", "quantity"])
def test_a_number_below_zero_is_left_out_and_the_sale_goes_on(key: str, number: Any) -> None:
    contents = [{"content_id": "a", key: number}, {"content_id": "b", "price": 9.5, "quantity": 2}]
    sent, notes = event_properties("Purchase", {"contents": contents, "num_items": -2}, Decimal(5), "EUR")
    assert sent["contents"] == [{"content_id": "a"}, {"content_id": "b", "price": 9.5, "quantity": 2}]
    assert (sent["value"], sent["num_items"]) == (5, 3)
    assert NUMBER_NEGATIVE in notes


@pytest.mark.parametrize("number", ["9,99", "$5", "free", True, [9.99], {"amount": 1}, 1e300, 10**20, "NaN"])
@pytest.mark.parametrize(
    "own",
    [
        lambda number: {"contents": [{"content_id": "a", "price": number}]},
        lambda number: {"contents": {"content_id": "a", "quantity": number}},
        lambda number: {"predicted_ltv": number},
        lambda number: {"num_items": number},
    ],
)
def test_a_price_or_count_that_cannot_be_read_is_said(own: Any, number: Any) -> None:
    sent, notes = event_properties("Purchase", own(number), Decimal(5), "EUR")
    assert sent["value"] == 5
    assert notes == [NUMBER_UNREADABLE]


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_price_or_count_that_says_nothing_needs_no_note(nothing: Any) -> None:
    own = {"contents": [{"content_id": "a", "price": nothing}], "predicted_ltv": nothing}
    assert event_properties("Purchase", own, Decimal(5), "EUR")[1] == []


@pytest.mark.parametrize("contents", [None, [], {}, "junk", [{}], [{"content_id": ""}]])
def test_contents_that_say_nothing_are_left_out(contents: Any) -> None:
    assert properties("AddPaymentInfo", contents=contents) == {}


def test_a_number_of_items_that_was_given_stands() -> None:
    assert properties("Lead", num_items=9, contents={"content_id": "a"})["num_items"] == 9


@pytest.mark.parametrize("own", [{"num_items": 1.5}, {"contents": {"content_id": "a", "quantity": 0.5}}])
def test_a_number_of_items_is_whole_or_absent(own: dict[str, Any]) -> None:
    assert "num_items" not in properties("Lead", **own)


@pytest.mark.parametrize(
    ("given", "sent"), [(["a", 1, "", None, 2.0], ["a", "1", "2"]), ("sku", ["sku"]), (7, ["7"]), ([[]], None)]
)
def test_content_ids_are_texts(given: Any, sent: list[str] | None) -> None:
    assert properties("Lead", content_ids=given).get("content_ids") == sent


@pytest.mark.parametrize("key", ["search_string", "query"])
def test_a_search_carries_its_words_under_the_new_and_the_old_name(key: str) -> None:
    assert properties("Search", **{key: "shoes"}) == {"search_string": "shoes", "query": "shoes"}


def test_outside_a_search_the_words_keep_the_name_they_came_with() -> None:
    assert properties("Lead", query="shoes") == {"query": "shoes"}


def test_only_documented_properties_leave() -> None:
    known = {"order_id": "1", "shop_id": "2", "description": "d", "delivery_category": "in_store", "predicted_ltv": 3}
    assert properties("Lead", **known, email="x@y.z", nested={"a": 1}) == known


@pytest.mark.parametrize("junk", [None, "", "  ", True, [], {}, ["a"], {"a": 1}])
def test_a_property_of_the_wrong_shape_is_left_out(junk: Any) -> None:
    assert properties("Lead", order_id=junk, description=junk, predicted_ltv=junk) == {}
