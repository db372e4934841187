"""The bytes of a record: its parts are found again, whatever their sizes, and what it refers to is told."""

import json
from pathlib import Path

import pytest

from clicks.record_layout import Text, assemble, read_layout, references, with_length
from tests.clicks.records import Visit, encode

RANDOM, ADDRESS = b"12345", bytes((203, 0, 113, 7))
REFERENCE, OTHER = b"abcdef", b"ghijkl"


def text(size: int, reference: bytes | None = None) -> Text:
    return Text(b"", with_length(b"x" * size), reference)


@pytest.mark.parametrize("size", [0, 1, 0x7F, 0x80, 0x3FFF, 0x4000, 70_000])
def test_a_frame_of_any_size_is_found_again(size: int) -> None:
    layout = read_layout(assemble(RANDOM, 1, ADDRESS, text(size), text(3)) + b"own")
    assert [piece.value for piece in layout.texts] == [b"x" * size, b"xxx"]
    assert (layout.random, layout.address, layout.rest) == (RANDOM, ADDRESS, b"own")
    assert text(size).frame == b"x" * size


@pytest.mark.parametrize(
    ("visitor", "ad", "expected"),
    [(None, None, []), (REFERENCE, None, [REFERENCE]), (None, OTHER, [OTHER]), (REFERENCE, OTHER, [REFERENCE, OTHER])],
    ids=["nothing shared", "the visitor", "the ad", "both"],
)
def test_a_record_tells_what_it_refers_to(visitor: bytes | None, ad: bytes | None, expected: list[bytes]) -> None:
    record = assemble(RANDOM, 0, ADDRESS, text(300, visitor), text(300, ad)) + b"own"
    assert references(record) == expected
    assert read_layout(record).rest == b"own"


def test_a_record_that_refers_is_as_short_as_its_own_bytes_and_two_references() -> None:
    query = b"ad_id=1&ttclid=E.C.P." + b"a" * 316
    visit = Visit(RANDOM, 0, ADDRESS, b"spring", b"app_1", b"Mozilla/5.0" * 20, b"en", query, None)
    whole = read_layout(encode(visit))
    record = assemble(RANDOM, whole.flags, ADDRESS + whole.packed, text(300, REFERENCE), text(300, OTHER))
    assert len(record) == 1 + 5 + 1 + 4 + 239 + 6 + 6


def test_records_of_the_first_version_refer_to_nothing() -> None:
    rows = json.loads((Path(__file__).parents[1] / "data" / "click-records.json").read_text())
    first = [bytes.fromhex(row["record"]) for row in rows if row["record"].startswith("01")]
    assert first
    assert [references(record) for record in first] == [[] for _ in first]
