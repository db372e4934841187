"""Many rows in few statements, made of the one that inserts a single row.

They go as `VALUES (...), (...)`: an engine that spreads apps over machines splits that by app, and an array per column
with `unnest` not. Many rows of one app are nothing to split, and arrays take them in one statement (decision 8).
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

SEPARATOR: Final = "\x1f"  # in the place of an array per row, which is dearer to send; no stored text holds it

SIZES: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 80, 96)
"""Rows of a statement. Few, as each connection prepares each of them; asyncpg keeps none that is longer than 15 KiB."""

_STATEMENT = re.compile(r"(?P<head>.*\b)VALUES (?P<row>\(.*\))(?P<tail>\s+ON CONFLICT .*)", re.DOTALL)
_PLACE = re.compile(r"\$(?P<number>\d+)::(?P<type>\w+)")


def inserts(statement: str, rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, list[Any]]]:
    """The statements, each with its parameters, that do to all rows what `statement` does to one.

    It names its parameters with their types, in the order of a row's values: `INSERT INTO ... VALUES ($1::text, ...)
    ON CONFLICT ...`. The first is the app. Several statements are one only in the caller's transaction, and what they
    return comes in no order.
    """
    if len(rows) > SIZES[-1] and len({row[0] for row in rows}) == 1:
        yield of_arrays(statement), [list(column) for column in zip(*rows, strict=True)]
        return
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
    """The same for `count` rows, one behind the other. The first tells the types of all."""
    head, row, tail = _parts(statement)
    width = len(_PLACE.findall(row))
    more = (_moved(row, index * width) for index in range(1, count))
    return f"{head}VALUES {', '.join([row, *more])}{tail}"


def _moved(row: str, by: int) -> str:
    return _PLACE.sub(lambda place: f"${int(place['number']) + by}", row)


@cache
def of_arrays(statement: str) -> str:
    """The same for any number of rows: each parameter is the array of what stood in its place."""
    head, row, tail = _parts(statement)
    places = [(place["number"], place["type"]) for place in _PLACE.finditer(row)]
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in places)
    names = ", ".join(f"p{number}" for number, _ in places)
    selected = _PLACE.sub(r"p\g<number>", row).removeprefix("(").removesuffix(")")
    return f"{head}SELECT {selected} FROM unnest({arrays}) AS given ({names}){tail}"  # noqa: S608 - only the given statement's own text


def of_json(statement: str, given: str) -> str:
    """The same for the rows that `given`, what follows FROM, has as `r`: JSON arrays of a row's values, in their order.

    One text of JSON is put together in a fraction of the time that the parameters of its rows take, in whatever number.
    """
    head, row, tail = _parts(statement)
    selected = _PLACE.sub(_of_json, row).removeprefix("(").removesuffix(")")
    return f"{head}SELECT {selected} FROM {given}{tail}"  # noqa: S608 - only the given statement's own text


def _of_json(place: "re.Match[str]") -> str:
    at, kind = int(place["number"]) - 1, place["type"]
    if kind == "jsonb":
        return f"nullif(r -> {at}, 'null')"
    return f"r ->> {at}" if kind == "text" else f"(r ->> {at})::{kind}"


def _parts(statement: str) -> tuple[str, str, str]:
    """What comes before VALUES, its row, and the rest.

    Raises:
        ValueError: it does not insert one row.
    """
    found = _STATEMENT.fullmatch(statement)
    if found is None:
        raise ValueError(f"no insert of one row with a conflict clause: {statement}")
    return found["head"], found["row"], found["tail"]
