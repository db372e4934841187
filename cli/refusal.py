"""A command that cannot do what it was asked says why in one sentence on stderr and ends with status 1."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from admin.refusal import REFUSALS, Misused


@contextmanager
def refusals() -> Iterator[None]:
    """Turn every refusal into its sentence and exit status 1, or 2 where the command was used wrongly."""
    try:
        yield
    except Misused as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except REFUSALS as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def note(message: str) -> None:
    """Something to know that does not keep the command from being done."""
    typer.echo(f"note: {message}", err=True)
