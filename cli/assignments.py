"""`KEY=VALUE` arguments."""

from collections.abc import Iterable

import typer

from cli.refusal import Refused


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


def checked_name(field: str, text: str) -> str:
    """A name a person gave.

    Raises:
        Refused: it is blank, longer than 100 characters, or holds control characters.
    """
    name = text.strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise Refused(f"{field}: must be 1 to 100 printable characters")
    return name
