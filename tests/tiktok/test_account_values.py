"""Ids, times and texts as TikTok's account side writes them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiktok.account_values import id_list, id_text, moment, rows_of, text

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("7000000000000000101", "7000000000000000101"),
        (7224195155857866754, "7224195155857866754"),
        (" 12 ", "12"),
        ("0", ""),
        (0, ""),
        (True, ""),
        (None, ""),
        (1.5, ""),
        ("1 OR 1", ""),
        ("", ""),
    ],
)
def test_an_id_is_text(value: object, expected: str) -> None:
    assert id_text(value) == expected


def test_a_list_of_ids_has_each_once() -> None:
    assert id_list(["2", 1, "2", None, ""]) == ("2", "1")
    assert id_list("12") == ()


@pytest.mark.parametrize(
    "value",
    [
        "2026-05-26T14:17:07Z",
        "2026-05-26T16:17:07+02:00",
        "2026-05-26 14:17:07",
        1_779_805_027,
        1_779_805_027_000,
        "1779805027",
        "1779805027000",
    ],
)
def test_a_time_is_iso_or_seconds_or_milliseconds(value: object) -> None:
    assert moment(value) == datetime(2026, 5, 26, 14, 17, 7, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "", "-", 0, -5, True, "yesterday", 10**30, 1.5, []])
def test_what_is_no_time_is_none(value: object) -> None:
    assert moment(value) is None


def test_a_text_is_one_line_that_can_be_kept() -> None:
    assert text("Tea\nTimer \x00\ud83d") == "Tea Timer  ?"
    assert text(None) == ""
    assert len(text("x" * 10_000)) == 512


@settings(deadline=None)
@given(ANYTHING)
def test_nothing_that_json_holds_is_an_error(value: Any) -> None:
    id_text(value)
    id_list(value)
    moment(value)
    assert text(value).encode() is not None  # it can be stored: no half of a surrogate pair
    assert isinstance(rows_of(value, "list"), list)
    assert all(isinstance(row, dict) for row in rows_of({"list": value}, "list"))
