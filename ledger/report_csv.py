"""A report as CSV, the same from a command, a page and over HTTP. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ledger.csv_text import csv_lines


def csv_of(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """With a header; the key's parts are columns like the figures."""
    return "".join(csv_lines([_flat(row) for row in rows], columns))


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    columns = {**row["key"], **row}
    return {name: " ".join(value) if isinstance(value, list) else value for name, value in columns.items()}
