"""Ids: whose something is."""

from typing import Any

import pytest

from forwarder.errors import FieldError
from forwarder.intake.identifiers import identifier, optional_identifier
from forwarder.intake.set_aside import noting
from ledger.spelling import canonical

UUID = "3f2a9c1e-7b64-4d0a-9e51-0c8f6d2b7a93"
NOBODY = [
    "undefined", "UNDEFINED", "null", "Null", "(null)", "<null>", "nil", "none", "None", "(none)", "nan", "NaN", "0",
    "'null'",
    "00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}",
    "00000000000000000000000000000000",
    "{{user_id}}", "{{ user.id }}", "%%IDFA%%", "__INSTALL_ID__", "__x__", "${id}", "[object Object]", " null ",
]  # fmt: skip


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


@pytest.mark.parametrize("value", NOBODY)
def test_what_stands_for_nothing_is_nobodys_id(value: str) -> None:
    with pytest.raises(FieldError) as refused:
        identifier("install_id", value)
    assert refused.value.field == "install_id"
    with noting() as noted:
        assert optional_identifier("user.external_id", value) is None
    assert noted == {("user.external_id", "placeholder"): 1}


@pytest.mark.parametrize("value", ["nobody", "nullable", "00", "1", "none-1", "_x_", "%1%", "o'null", "nil2", "naN1"])
def test_any_other_text_is_an_id(value: str) -> None:
    assert identifier("install_id", value) == value


@pytest.mark.parametrize("value", [UUID, UUID.upper(), f" {UUID} ", f"\u00a0{UUID.upper()}\n", f"\u200b{UUID}\ufeff"])
def test_a_uuid_is_the_same_in_any_case_and_with_blanks_around_it(value: str) -> None:
    assert identifier("install_id", value) == optional_identifier("user.external_id", value) == canonical(value) == UUID


def test_an_id_that_is_no_uuid_keeps_its_case() -> None:
    assert canonical("aBc") == "aBc"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1001.0, "1001"), (1.79578e9, "1795780000"), (1.790000000000001e15, "1790000000000001"), (2**53, str(2**53))],
)
def test_a_whole_number_that_passed_through_a_map_is_that_number(value: Any, text: str) -> None:
    assert identifier("install_id", value) == text


@pytest.mark.parametrize("value", [2.0**53 + 2, 1e30, 1.5, -1e300])
def test_a_number_that_may_have_lost_digits_is_refused(value: float) -> None:
    for read in (identifier, optional_identifier):
        with pytest.raises(FieldError) as refused:
            read("event_id", value)
        assert refused.value.field == "event_id"


@pytest.mark.parametrize(
    "written",
    ["3F2A9C1E-7B64-4D0A-9E51-0C8F6D2B7A93", "{3F2A9C1E-7B64-4d0a-9E51-0C8F6D2B7A93}",
     "URN:UUID:3f2a9c1e-7b64-4d0a-9e51-0c8f6d2b7a93", "\u200e 3f2a9c1e-7b64-4d0a-9e51-0c8f6d2b7a93\u00a0\ufeff"],
)  # fmt: skip
def test_a_uuid_is_the_same_however_it_is_written(written: str) -> None:
    assert identifier("install_id", written) == "3f2a9c1e-7b64-4d0a-9e51-0c8f6d2b7a93"


def test_the_case_of_any_other_id_counts() -> None:
    assert identifier("install_id", "3F2A9C1E-7B64") == "3F2A9C1E-7B64"
    assert identifier("install_id", "3F2A9C1E7B644D0A9E510C8F6D2B7A93") == "3f2a9c1e7b644d0a9e510c8f6d2b7a93"
