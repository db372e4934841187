"""Rows by time into a Parquet file: a row group per day, or several where a day has more than fits in memory."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

ROWS_AT_ONCE: Final = 100_000
MONEY: Final = (38, 9)
"""Digits, and those behind the point: what intake takes fits."""

Columns = Mapping[str, str]
"""Name -> text, time, whole, number, money, truth or json (as text)."""
Row = tuple[datetime, Mapping[str, Any]]
"""(when it belongs to, its columns)."""


class ParquetFile:
    """One file, of one schema."""

    def __init__(self, path: Path, columns: Columns) -> None:
        """Raises:
        OSError: it cannot be written.
        """
        # large, and no other command's
        import pyarrow  # noqa: PLC0415
        from pyarrow import parquet  # noqa: PLC0415

        self._arrow, self._columns = pyarrow, columns
        self._schema = pyarrow.schema([(name, self._type(kind)) for name, kind in columns.items()])
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd")
        self._held: list[Mapping[str, Any]] = []
        self._day: date | None = None

    async def write(self, rows: AsyncIterator[Row]) -> int:
        """All of them, by time; returns how many."""
        written = 0
        try:
            async for at, row in rows:
                day = at.astimezone(UTC).date()
                if day != self._day or len(self._held) >= ROWS_AT_ONCE:
                    self._flush()
                self._day = day
                self._held.append(row)
                written += 1
            self._flush()
        finally:
            self._writer.close()
        return written

    def _flush(self) -> None:
        if self._held:
            columns = {
                name: [_value(kind, row.get(name)) for row in self._held] for name, kind in self._columns.items()
            }
            self._writer.write_table(self._arrow.Table.from_pydict(columns, schema=self._schema))
            self._held = []

    def _type(self, kind: str) -> Any:
        return {
            "text": self._arrow.string(),
            "json": self._arrow.string(),
            "time": self._arrow.timestamp("ms", tz="UTC"),
            "whole": self._arrow.int64(),
            "number": self._arrow.float64(),
            "truth": self._arrow.bool_(),
            "money": self._arrow.decimal128(*MONEY),
        }[kind]


def _value(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "json":
        return msgspec.json.encode(value).decode()
    if kind == "time":  # pyarrow refuses to lose what lies below a millisecond
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    return value
