"""Which rows an answer names."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok.rows_named import rows_named

IDS = ("a" * 32, "b" * 32, "c" * 32)


@pytest.mark.parametrize(
    ("message", "details", "rows"),
    [
        ("data.1.event: Not a valid string", None, {1}),
        ("Batch.0.properties.contents.0.content_id: Not a valid string", None, {0}),
        ("data[2] is wrong, data[0] too", None, {0, 2}),
        ("metadata.1 is wrong", None, set()),
        ("", {"errors": ["data.1.event"]}, {1}),
        ("", {"data.2": "wrong"}, {2}),
        ("", {"failed": [{"index": 1, "message": "wrong"}]}, {1}),
        ("", {"failed": [{"event_id": "b" * 32}]}, {1}),
        ("", {"failed": [{"event_id": "d" * 32}]}, set()),
        ("", {"results": [{"index": 0, "code": 0}, {"index": 1, "code": 40002}, {"index": 2, "status": "ok"}]}, {1}),
        (
            "",
            {"results": [{"index": 0, "success": True}, {"index": 1, "success": False}, {"index": 2, "code": 1}]},
            {1, 2},
        ),
        ("", {"results": [{"index": True}, {"index": -1}, {"row": "1"}]}, set()),
    ],
)
def test_rows_are_named_by_place_index_or_event_id(message: str, details: Any, rows: set[int]) -> None:
    assert rows_named(message, details, IDS) == rows


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["index", "code", "event_id", "x"]), inner, max_size=3)
        ),
        max_leaves=12,
    )
)
def test_no_details_are_too_odd_to_be_read(details: Any) -> None:
    assert all(row >= 0 for row in rows_named("", details, IDS))
