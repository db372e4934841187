"""Rows as CSV (RFC 4180) that a spreadsheet may open: the one writer of commands, pages and HTTP."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

# A cell that begins so is a formula to a spreadsheet, and a campaign's name is anyone's to choose. Numbers are no text:
# a negative one stays as it is.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00")


def csv_lines(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    """The header, then a line per row; text that a spreadsheet would run gets an apostrophe in front."""
    yield _line(columns)
    for row in rows:
        yield _line([_cell(row.get(column)) for column in columns])


def _line(cells: Sequence[Any]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written).writerow(cells)
    return written.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, dict | list | tuple):
        return msgspec.json.encode(value).decode()
    if isinstance(value, int | float | Decimal):
        return value
    text = str(msgspec.to_builtins(value))
    return "'" + text if text.startswith(_FORMULA_STARTS) else text
