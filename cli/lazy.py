"""Loading a command's code when it is called: `signalpost --help` and `run` need not know what a report is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True, slots=True)
class Entry:
    """One command, or group of commands, of `signalpost`."""

    target: str
    """`module:attribute`: a function, or a `typer.Typer` for a group."""
    help: str
    """What the list of commands says of it."""


def lazy_group(entries: Mapping[str, Entry]) -> type[TyperGroup]:
    """A group of these commands, in this order, each loaded when it is called."""

    class LazyGroup(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
            return list(entries)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
            """What the help needs of a command."""
            entry = entries.get(cmd_name)
            return TyperCommand(cmd_name, help=entry.help) if entry else None

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            """What is to be called."""
            if args[0] in entries:
                return args[0], load(args[0], entries[args[0]]), args[1:]
            return super().resolve_command(ctx, args)

    return LazyGroup


def load(name: str, entry: Entry) -> Any:
    """The click command of an entry."""
    module, _, attribute = entry.target.partition(":")
    found = getattr(import_module(module), attribute)
    parent = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    if isinstance(found, typer.Typer):
        parent.add_typer(found, name=name)
        return typer.main.get_group(parent).commands[name]
    parent.command(name)(found)
    return typer.main.get_command(parent)
