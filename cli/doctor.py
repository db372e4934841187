"""`signalpost doctor`: every engine, setting, token and clock, what is wrong and how to mend it."""

import asyncio
from typing import Any

import typer

from admin.examination import examination, unusable
from cli.output import Json, print_json, print_table
from config.settings import AllSettings, SettingsError, load


def doctor_command(as_json: Json = False) -> None:
    """Check every engine, setting, token and clock; exit status 1 when something is wrong."""
    found = asyncio.run(examine())
    if as_json:
        print_json(found)
    else:
        _print(found)
    if not found["ok"]:
        raise typer.Exit(1)


async def examine() -> dict[str, Any]:
    """{"ok", "checks", "settings", "processes", "engines"} as the contract has it."""
    try:
        settings = load(AllSettings)
    except SettingsError as error:
        return unusable(error)
    return await examination(settings)


def _print(found: dict[str, Any]) -> None:
    for check in found["checks"]:
        typer.echo(f"{'ok  ' if check['ok'] else 'FAIL'}  {check['name']}: {check['detail']}")
        if check["fix"]:
            typer.echo(f"      -> {check['fix']}")
    typer.echo()
    rows = [{"setting": name, **shown} for name, shown in found["settings"].items()]
    print_table(rows, ("setting", "value", "origin"))
