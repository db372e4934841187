"""JSON in which half an emoji is left."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.intake.json_repair import repaired


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (rb'"Ann \ud83d"', "Ann \ufffd"),
        (rb'"\ude00 Ann"', "\ufffd Ann"),
        (rb'"\ude00\ud83d"', "\ufffd\ufffd"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
        (rb'"\uD83D\uDE00\uD83D"', "\U0001f600\ufffd"),
        (rb'"\ud83dx"', "\ufffdx"),
        (rb'"\\\ud83d"', "\\\ufffd"),
        (rb'"\ud83d\n"', "\ufffd\n"),
        (b'"Ann \xed\xa0\xbd"', "Ann \ufffd"),
        (b'"\xed\xa0\xbd\xed\xb8\x80"', "\U0001f600"),
    ],
)
def test_each_half_becomes_a_replacement_character(raw: bytes, text: str) -> None:
    mended = repaired(raw)
    assert mended is not None
    assert msgspec.json.decode(mended) == text


@pytest.mark.parametrize("raw", [rb'"\ud83d\ude00"', rb'"\\ud83d"', b'"Ann', b"{", b'"\xff"', b'"\xc3"'])
def test_what_has_no_half_is_not_mended(raw: bytes) -> None:
    assert repaired(raw) is None


@given(st.text(st.characters()))
def test_whatever_a_program_escapes_can_be_read(text: str) -> None:
    raw = json.dumps({"a": text, text: 1}).encode()
    msgspec.json.decode(repaired(raw) or raw)
