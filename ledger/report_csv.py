"""A report as CSV (RFC 4180), the same from a command and over HTTP. Pure."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

# A cell that begins so is a formula to a spreadsheet, and a campaign's name is anyone's to choose.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00")


def csv_of(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """With a header. Text that a spreadsheet would run gets an apostrophe in front; numbers stay numbers."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        flat = {**row["key"], **row}
        writer.writerow([_cell(flat.get(column)) for column in columns])
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return "" if value is None else value
