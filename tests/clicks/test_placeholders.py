"""What stands in the place of a value."""

import pytest

from clicks.macros import Macros, read_macros
from clicks.placeholders import is_placeholder


@pytest.mark.parametrize("text", ["null", "(null)", "undefined", "0", "{{ttclid}}", "%%CLICK%%", "${x}"])
@pytest.mark.parametrize("name", ["ttclid", "campaign_id", "ad_id", "callback"])
def test_an_id_of_a_click_that_says_nothing_is_absent_and_counted(name: str, text: str) -> None:
    assert is_placeholder(text)
    assert read_macros(f"{name}={text}".encode()) == Macros({}, (name,))


@pytest.mark.parametrize("text", ["", "x", "null2", "Zero", "E.C.P.null", "{", "__", "%%%%"])
def test_everything_else_says_something(text: str) -> None:
    assert not is_placeholder(text)
