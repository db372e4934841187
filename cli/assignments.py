"""`KEY=VALUE` arguments."""

from collections.abc import Iterable

import typer


def parse_assignments(arguments: Iterable[str], example: str) -> dict[str, str]:
    """Key -> value, in the order given; a value may hold further `=`.

    Raises:
        typer.BadParameter: an argument without `=` or without a key, or a key given twice; the text shows `example`.
    """
    assignments: dict[str, str] = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        key = key.strip()
        if not equals or not key:
            raise typer.BadParameter(f"{argument[:60]!r} is not KEY=VALUE: write for example {example}")
        if key in assignments:
            raise typer.BadParameter(f"{key}: given twice; give it once")
        assignments[key] = value.strip()
    return assignments
