"""The tokens of bridge pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redirector.enrichment_token import LIFETIME_S, NO_CLICK, issue_token, read_token

NEW, OLD, OTHER = b"n" * 32, b"o" * 32, b"x" * 32
CLICK_ID = "0123456789abcdefghijkl"
NOW = 1_800_000_000.7


def test_a_token_names_its_click_until_its_time_is_over() -> None:
    token = issue_token(NEW, "spring", CLICK_ID, NOW)
    assert read_token((NEW,), "spring", token, NOW) == CLICK_ID
    assert read_token((NEW,), "spring", token, NOW + LIFETIME_S - 1) == CLICK_ID
    assert read_token((NEW,), "spring", token, NOW + LIFETIME_S + 1) is None
    assert read_token((NEW,), "spring", token, NOW - 60) is None


def test_a_visit_that_is_no_click_has_a_token_that_names_none() -> None:
    assert read_token((NEW,), "spring", issue_token(NEW, "spring", None, NOW), NOW) == NO_CLICK


def test_a_token_of_the_old_key_is_good_after_a_rotation_and_of_another_never() -> None:
    token = issue_token(OLD, "spring", CLICK_ID, NOW)
    assert read_token((NEW, OLD), "spring", token, NOW) == CLICK_ID
    assert read_token((NEW, OTHER), "spring", token, NOW) is None


def test_a_token_is_of_one_link() -> None:
    assert read_token((NEW,), "summer", issue_token(NEW, "spring", CLICK_ID, NOW), NOW) is None


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é", "0" * 500, f"{CLICK_ID}.{int(NOW):x}.", "\x00"])
def test_what_we_never_issued_is_refused(token: str) -> None:
    assert read_token((NEW,), "spring", token, NOW) is None


@given(st.integers(0, 57), st.characters(codec="ascii"))
def test_no_character_can_be_changed(place: int, character: str) -> None:
    token = issue_token(NEW, "spring", CLICK_ID, NOW)
    changed = token[:place] + character + token[place + 1 :]
    assert changed == token or read_token((NEW,), "spring", changed, NOW) is None


@given(st.text(max_size=90))
def test_reading_never_raises(token: str) -> None:
    assert read_token((NEW,), "spring", token, NOW) is None
