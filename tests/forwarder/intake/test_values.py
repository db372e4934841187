"""Single values, by table."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.errors import FieldError
from forwarder.intake.values import (
    IN_FUTURE,
    address,
    addresses,
    amount,
    clean,
    clean_text,
    currency,
    identifier,
    instant,
    occurred,
)

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


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


@pytest.mark.parametrize(
    "value",
    ["2026-11-20T10:00:00Z", "2026-11-20T11:00:00+01:00", "2026-11-20t10:00:00z", NOW.timestamp(), int(NOW.timestamp()),
     str(int(NOW.timestamp()))],
)  # fmt: skip
def test_a_time_is_rfc_3339_or_unix_seconds(value: Any) -> None:
    assert instant("occurred_at", value) == NOW


@pytest.mark.parametrize(
    "value",
    ["yesterday", "2026-11-20", "2026-11-20T10:00:00", "20.11.2026", "2014-12-31T23:59:59Z", 0, -1, 1763632800000,
     "1763632800000", 1e300, "9999-99-99", "0001-01-01T00:00:00+23:59", ""],
)  # fmt: skip
def test_anything_else_is_no_time(value: Any) -> None:
    with pytest.raises(FieldError):
        instant("occurred_at", value)


def test_a_time_up_to_a_day_ahead_becomes_now_and_is_flagged() -> None:
    assert occurred("t", (NOW + timedelta(hours=23)).isoformat(), NOW) == (NOW, (IN_FUTURE,))
    assert occurred("t", (NOW - timedelta(hours=1)).isoformat(), NOW) == (NOW - timedelta(hours=1), ())
    assert occurred("t", None, NOW) == (NOW, ())


def test_a_time_more_than_a_day_ahead_is_refused() -> None:
    with pytest.raises(FieldError):
        occurred("t", (NOW + timedelta(hours=25)).isoformat(), NOW)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("abc", "abc"), (42, "42"), (2**70, str(2**70)), ("a\x00b\x1fc\x7fd\x85e", "abcde"), ("é😀", "é😀")],
)
def test_an_id_is_text_without_control_characters(value: Any, expected: str) -> None:
    assert identifier("install_id", value) == expected


@pytest.mark.parametrize("value", ["", "   ", "\x00", "x" * 201])
def test_a_blank_or_endless_id_is_refused(value: str) -> None:
    with pytest.raises(FieldError):
        identifier("install_id", value)


@given(st.text())
def test_cleaned_text_can_be_stored(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode()
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in cleaned)
    assert clean_text(cleaned) == cleaned


def test_cleaning_reaches_keys_and_nested_values() -> None:
    assert clean({"a\x00": ["b\x01", {"c": "d\n"}], "n": 1, "t": True}) == {"a": ["b", {"c": "d"}], "n": 1, "t": True}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", None),
    ],
)
def test_an_address_is_kept_in_its_canonical_text(value: str, expected: str | None) -> None:
    assert address("ip", value) == expected


@pytest.mark.parametrize("value", ["1.2.3", "1.2.3.256", "example.com", "2130706433", "1.2.3.4/8", "::g"])
def test_anything_else_is_no_address(value: str) -> None:
    with pytest.raises(FieldError):
        address("ip", value)


def test_addresses_are_listed_once_each() -> None:
    assert addresses("ips", ["203.0.113.7", "::ffff:203.0.113.7", "", "2001:db8::1"]) == ["203.0.113.7", "2001:db8::1"]
    with pytest.raises(FieldError):
        addresses("ips", ["203.0.113.7"] * 9)
