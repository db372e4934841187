"""CSV that a spreadsheet may open."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from admin.csv_text import csv_lines


def read(rows: list[dict[str, Any]], columns: list[str]) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(csv_lines(rows, columns)), newline="")))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "\x00x", '=HYPERLINK("https://x")'])
def test_text_that_would_be_run_is_guarded(text: str) -> None:
    assert read([{"a": text}], ["a"])[1] == ["'" + text]


@pytest.mark.parametrize(
    ("value", "written"),
    [(-1, "-1"), (-1.5, "-1.5"), (Decimal("-1.50"), "-1.50"), (None, ""), (True, "True"), ("a,b", "a,b"),
     ("x=1", "x=1"), ({"a": 1}, '{"a":1}'), (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z")],
)  # fmt: skip
def test_everything_else_stays_as_it_is(value: Any, written: str) -> None:
    assert read([{"a": value}], ["a"])[1] == [written]


def test_the_columns_are_those_that_were_asked_for() -> None:
    assert read([{"a": 1, "b": 2}], ["b", "c"]) == [["b", "c"], ["2", ""]]
