"""Amounts of one event are told in one currency."""

from decimal import Decimal
from typing import Any

import pytest

from forwarder.delivering.amounts import in_currency_of, money_of
from forwarder.delivering.conversion import conversion
from tests.forwarder.delivering.scene import PUBLIC
from tests.forwarder.delivering.test_conversion import NOW, claimed, pixel
from tiktok.currency_rates import NO_RATES, Rates
from tiktok.payload import event_row

BULGARIAN = Rates("USD", {"BGN": Decimal("0.55")})


def sent(properties: dict[str, Any], currency: str = "BGN", rates: Any = BULGARIAN, **body: Any) -> dict[str, Any]:
    row = claimed(value=Decimal("200"), currency=currency, event_body={"properties": properties, **body})
    found: dict[str, Any] = event_row(conversion(row, pixel(), PUBLIC, NOW, rates)).body["properties"]
    return found


def test_prices_are_converted_with_the_value_that_they_are_parts_of() -> None:
    items = [
        {"content_id": "a", "price": 100, "quantity": 2},
        {"content_id": "b", "price": "9.99"},
        {"content_id": "c"},
    ]
    found = sent({"contents": items, "predicted_ltv": "1000"})
    assert (found["value"], found["currency"], found["predicted_ltv"]) == (110, "USD", 550)
    assert [item.get("price") for item in found["contents"]] == [55, 5.4945, None]
    assert found["contents"][0]["quantity"] == 2


def test_prices_go_by_the_dollars_that_a_platform_gives() -> None:
    found = sent({"contents": {"content_id": "a", "price": 100}}, rates=NO_RATES, value_usd="120")
    assert (found["value"], found["currency"], found["contents"][0]["price"]) == (120, "USD", 60)


def test_prices_in_a_currency_that_tiktok_takes_stay_as_they_are() -> None:
    found = sent({"contents": [{"price": 100}], "predicted_ltv": 7}, "EUR")
    assert (found["value"], found["contents"][0]["price"], found["predicted_ltv"]) == (200, 100, 7)


def test_a_field_that_is_mapped_is_converted_too() -> None:
    row = claimed(event_body={"properties": {"cart": {"total": "200", "of": "BGN", "lines": [{"each": 100}]}}})
    fields = {
        "value": ("properties.cart.total",),
        "currency": ("properties.cart.of",),
        "contents[].price": ("properties.cart.lines[].each",),
    }
    told = conversion(row, pixel(fields=fields), PUBLIC, NOW, BULGARIAN)
    assert (told.value, told.currency) == (Decimal(110), "USD")
    assert told.properties["contents"] == [{"price": Decimal(55)}]


@pytest.mark.parametrize("contents", [None, "a", [1, None, {"price": None}, {"price": "free"}, {"price": True}]])
def test_what_is_no_price_stays_for_whoever_leaves_it_out(contents: Any) -> None:
    money = money_of(Decimal(10), "BGN", None, BULGARIAN)
    assert in_currency_of(money, {"contents": contents}) == {"contents": contents}


def test_nothing_is_worth_nothing_in_dollars_too() -> None:
    money = money_of(Decimal(0), "BGN", Decimal(0), BULGARIAN)
    assert (money.value, money.currency, money.rate) == (0, "USD", None)


def test_a_currency_tiktok_does_not_take_is_converted_by_the_rate_table_and_the_row_says_so() -> None:
    row = claimed(value=Decimal("10"), currency="BGN")
    sent = conversion(row, pixel(), PUBLIC, NOW, BULGARIAN)
    assert (sent.value, sent.currency) == (Decimal("5.5"), "USD")
    assert sent.notes == ("value converted from BGN to USD by the rate table (0.55)",)


def test_a_platforms_own_dollars_go_before_the_rate_table_where_tiktok_does_not_take_the_currency() -> None:
    row = claimed(value=Decimal("15"), currency="BGN", event_body={"value_usd": "8.3"})
    for rates in (Rates("USD", {}), BULGARIAN):
        sent = conversion(row, pixel(), PUBLIC, NOW, rates)
        assert (sent.value, sent.currency) == (Decimal("8.3"), "USD")
        assert sent.notes == ("value as its platform gives it in USD: TikTok takes no BGN",)
    taken = conversion(
        claimed(value=Decimal("15"), currency="EUR", event_body={"value_usd": "8.3"}), pixel(), PUBLIC, NOW
    )
    assert (taken.value, taken.currency) == (Decimal(15), "EUR")


@pytest.mark.parametrize("currency", ["EUR", "ALL", None])
def test_the_rate_table_leaves_every_other_amount_as_it_is(currency: str | None) -> None:
    sent = conversion(claimed(value=Decimal("10"), currency=currency), pixel(), PUBLIC, NOW, BULGARIAN)
    assert (sent.value, sent.currency, sent.notes) == (Decimal("10"), currency, ())
