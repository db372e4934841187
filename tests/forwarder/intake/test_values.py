"""Single values, by table."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.errors import FieldError
from forwarder.intake.set_aside import noting
from forwarder.intake.values import amount, clean, currency, optional_text
from ledger.spelling import clean_text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("9.99", Decimal("9.99")), (9.99, Decimal("9.99")), (0, Decimal(0)), (-0.0, Decimal(0)), ("-0", Decimal(0)),
        (10, Decimal(10)), ("1e3", Decimal(1000)), (1_000_000_000_000, Decimal(10**12)), (" 5 ", Decimal(5)),
        (0.1 + 0.2, Decimal("0.3")), (1e-300, Decimal(0)), (None, None), ("", None),
    ],
)  # fmt: skip
def test_an_amount_is_a_plain_decimal_from_0_to_1e12(value: Any, expected: Decimal | None) -> None:
    assert amount("value", value) == expected


@pytest.mark.parametrize(
    "value",
    [-5, "-5", "1,000", "1.000,00", "$5", "5 EUR", "NaN", "Infinity", "1e13", 1e300, "1e999", 10**12 + 1, "1_000", "٣",
     "0x10", ".", "--1", "1e", "abc"],
)  # fmt: skip
def test_anything_else_is_no_amount(value: Any) -> None:
    with pytest.raises(FieldError) as refused:
        amount("value", value)
    assert refused.value.field == "value"


@given(st.decimals(min_value=0, max_value=10**12, places=4))
def test_every_amount_comes_out_as_it_went_in(value: Decimal) -> None:
    assert amount("value", str(value)) == value


@pytest.mark.parametrize(
    ("value", "expected"), [("EUR", "EUR"), ("usd", "USD"), (" gbp ", "GBP"), ("", None), (None, None)]
)
def test_a_currency_is_three_letters_in_capitals(value: str | None, expected: str | None) -> None:
    assert currency("currency", value) == expected


@pytest.mark.parametrize("value", ["USD<", "US", "EURO", "12A", "€", "ＵＳＤ"])
def test_anything_else_is_no_currency(value: str) -> None:
    with pytest.raises(FieldError):
        currency("currency", value)


@given(st.text())
def test_cleaned_text_can_be_stored(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode()
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in cleaned)
    assert clean_text(cleaned) == cleaned


def test_cleaning_reaches_keys_and_nested_values() -> None:
    assert clean({"a\x00": ["b\x01", {"c": "d\n"}], "n": 1, "t": True}) == {"a": ["b", {"c": "d"}], "n": 1, "t": True}


@pytest.mark.parametrize("value", ["null", "Undefined", "(none)", "{{first_name}}", "NaN", "0", 0, 0.0])
def test_a_text_in_the_place_of_nothing_is_absent_and_counted(value: Any) -> None:
    with noting() as noted:
        assert optional_text("user.city", value) is None
    assert noted == {("user.city", "placeholder"): 1}


@pytest.mark.parametrize("value", ["null", "undefined", "None", "(nil)", " "])
def test_a_word_for_nothing_is_no_amount_and_no_currency(value: str) -> None:
    assert amount("value", value) is None
    assert currency("currency", value) is None


def test_a_whole_number_that_became_a_float_is_that_number() -> None:
    assert optional_text("user.zip_code", 10117.0) == "10117"
