"""Figures as TikTok writes them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok.figures import count_of, decimal_of, id_of, moment_of, plain, text_of


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("20.000", "20"), ("0.00", "0"), ("131", "131"), ("12.5", "12.5"), ("1,234.50", "1234.50"), (7, "7"),
        ("0.1", "0.1"), (" 3 ", "3"), ("-1.20", "-1.20"), (2.3333333333333335, "2.333333333333"),
        ("19.990000000000002", "19.99"), ("1E-400", "0"),
    ],
)  # fmt: skip
def test_money_and_counts_are_decimals(said: Any, number: str) -> None:
    assert decimal_of(said) == Decimal(number)


@pytest.mark.parametrize("said", ["-", "", "--", "N/A", None, True, "<5", "NaN", "Infinity", "1e400", "x", [], {}])
def test_a_dash_is_unknown_and_so_is_what_is_no_number(said: Any) -> None:
    assert decimal_of(said) is None
    assert count_of(said) is None


def test_a_float_keeps_the_digits_it_was_written_with() -> None:
    assert decimal_of(0.1) == Decimal("0.1")


@pytest.mark.parametrize(("said", "written"), [("20.000", "20"), ("0.00", "0"), ("2E+1", "20"), ("0.10", "0.1")])
def test_one_number_is_written_in_one_way(said: str, written: str) -> None:
    assert plain(Decimal(said)) == written


def test_ids_beyond_2_to_the_53_stay_whole() -> None:
    assert id_of(1800000000000000003) == id_of("1800000000000000003") == "1800000000000000003"


@pytest.mark.parametrize("said", [0, "0", "-", "", None, True, 1.5, ["1"]])
def test_nothing_is_no_id(said: Any) -> None:
    assert id_of(said) == ""


def test_times_of_entities_are_utc() -> None:
    assert moment_of("2026-09-01 13:00:00") == datetime(2026, 9, 1, 13, tzinfo=UTC)
    assert moment_of(None) is None
    assert moment_of("soon") is None


@given(st.text())
def test_every_text_can_be_stored(text: str) -> None:
    assert "\x00" not in text_of(text)
    text_of(text).encode("utf-8")
    decimal_of(text)


def test_half_a_surrogate_pair_can_be_stored() -> None:
    assert text_of("a\ud83d") == "a?"
