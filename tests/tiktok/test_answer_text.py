"""JSON of TikTok's in which a name was cut in the middle of an emoji."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok.answer_text import read_json, storable


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (rb'"Sale \ud83d"', "Sale \ufffd"),
        (rb'"\ude00 Sale"', "\ufffd Sale"),
        (rb'"\ud83d\ude00 \ud83d"', "\U0001f600 \ufffd"),
        (b'"Sale \xf0\x9f"', "Sale \ufffd"),
        (b'"Sale \xff"', "Sale \ufffd"),
        (rb'"\\ud83d"', "\\ud83d"),
    ],
)
def test_what_is_left_of_a_character_becomes_a_replacement_character(body: bytes, text: str) -> None:
    assert read_json(body) == text


def test_nothing_else_changes_where_one_name_is_cut() -> None:
    body = rb'{"ad_id":1800000000000000003,"spend":"1.20","names":["\ud83d",{"\ud83d":null}]}'
    read = {"ad_id": 1800000000000000003, "spend": "1.20", "names": ["\ufffd", {"\ufffd": None}]}
    assert read_json(body) == read


@pytest.mark.parametrize("body", [b"", b'{"name":"\\ud83d"', b'["\\ud83d",NaN]', b"<html>", b'"\\ud83'])
def test_what_is_torn_or_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of either decoder
        read_json(body)


@given(st.recursive(st.text(st.characters()) | st.integers(0, 2**63), st.lists, max_leaves=5))
def test_whatever_a_program_writes_can_be_read_and_written_again(value: object) -> None:
    msgspec.json.encode(read_json(json.dumps(value).encode()))


def test_nul_is_left_out_wherever_it_stands() -> None:
    assert storable({"a\x00": ["b\x00", 1, None, {"c": "\x00d"}]}) == {"a": ["b", 1, None, {"c": "d"}]}
