"""Many rows in few statements, made of the one that inserts a single row.

They go as `VALUES (...), (...)`: an engine that spreads apps over machines splits that by app, and an array per column
with `unnest` not. On one PostgreSQL it is the faster of the two up to a hundred rows, and as fast beyond (decision 8).
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

SIZES: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 80, 96)
"""Rows of a statement. Few, as each connection prepares each of them; asyncpg keeps none that is longer than 15 KiB."""

_STATEMENT = re.compile(r"(?P<head>.*\bVALUES )(?P<row>\(.*\))(?P<tail>\s+ON CONFLICT .*)", re.DOTALL)
_PLACE = re.compile(r"\$(\d+)")


def inserts(statement: str, rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, list[Any]]]:
    """The statements, each with its parameters, that do to all rows what `statement` does to one.

    It names its parameters in the order of a row's values: `INSERT INTO ... VALUES ($1, $2, ...) ON CONFLICT ...`. What
    comes back of several statements is one only in the caller's transaction, and in no order.
    """
    may_repeat = "DO NOTHING" in statement
    start = 0
    while start < len(rows):
        size = _size(len(rows) - start, may_repeat)
        part = rows[start : start + size]
        # a row that comes again is passed over, and costs less than a statement more
        filling = list(part[-1]) * (size - len(part))
        yield of_rows(statement, size), [value for row in part for value in row] + filling
        start += size


def _size(left: int, may_repeat: bool) -> int:
    if may_repeat and left <= SIZES[-1]:
        return min(size for size in SIZES if size >= left)
    return max(size for size in SIZES if size <= left)


@cache
def of_rows(statement: str, count: int) -> str:
    """The same for `count` rows, one behind the other.

    Raises:
        ValueError: it does not insert one row.
    """
    found = _STATEMENT.fullmatch(statement)
    if found is None:
        raise ValueError(f"no insert of one row with a conflict clause: {statement}")
    row = found["row"]
    width = len(_PLACE.findall(row))
    rows = ", ".join(_moved(row, index * width) for index in range(count))
    return f"{found['head']}{rows}{found['tail']}"


def _moved(row: str, by: int) -> str:
    return _PLACE.sub(lambda place: f"${int(place[1]) + by}", row)
