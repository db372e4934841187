"""How a command shows what it found: one JSON value with --json, else a table or a list of fields."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]

_ENCODER = msgspec.json.Encoder(decimal_format="number")
PIPE_WIDTH = 1_000  # a table that is not read on a terminal is never cut


def print_json(value: Any) -> None:
    """One line, so that a script may read it as such, in UTF-8 whatever the locale. Times are RFC 3339."""
    sys.stdout.flush()
    sys.stdout.buffer.write(_ENCODER.encode(value) + b"\n")


def print_record(record: Mapping[str, Any], as_json: bool) -> None:
    """One thing: its fields, one per line."""
    if as_json:
        print_json(record)
        return
    width = max(map(len, record), default=0)
    for name, value in record.items():
        sys.stdout.write(f"{name:<{width}}  {shown(value)}\n")


def print_items(items: Sequence[Mapping[str, Any]], as_json: bool, columns: Sequence[str], after: Any = None) -> None:
    """A list: `{"items": [...], "next": after}`, or a table of these columns."""
    if as_json:
        print_json({"items": items, "next": after})
    else:
        print_table(items, columns)
        if after is not None:
            sys.stdout.write(f"more: --after {after}\n")


def print_table(items: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    from rich.table import Table  # noqa: PLC0415 - loads slowly, and --json needs none of it
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for item in items:
        table.add_row(*(Text(shown(item.get(column))) for column in columns))
    if table.row_count:
        _print(table)
    else:
        sys.stdout.write("none\n")


def shown(value: Any) -> str:
    """A value as text for people. Control characters are spelled out: a stored name must not steer the terminal."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, dict):
        return ", ".join(f"{key}={shown(part)}" for key, part in value.items()) or "-"
    if isinstance(value, list | tuple):
        return ", ".join(shown(part) for part in value) or "-"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(value))


def _print(table: Any) -> None:
    from rich.console import Console  # noqa: PLC0415

    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    with console.capture() as capture:
        console.print(table)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))
