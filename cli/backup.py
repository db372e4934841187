"""`signalpost backup` and `restore`: both engines and the spool, in one file."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from admin.backup import backup
from admin.restore import check_secret_key, checked, restore
from admin.session import open_session
from cli.output import Json, print_record
from cli.refusal import note, refusals
from config.settings import AllSettings, load
from stack.engines.for_command import engines_for_command

File = Annotated[Path, typer.Argument(help="The backup.", dir_okay=False)]


def backup_command(
    file: File,
    with_secret_key: Annotated[
        bool, typer.Option("--with-secret-key", help="Also SECRET_KEY, which opens all that is encrypted in the file.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a backup while everything runs, or of what lies in DATA_DIR. The file must not exist yet."""

    async def written() -> dict[str, Any]:
        async with (
            engines_for_command(load(AllSettings), new=False) as settings,
            open_session(settings) as session,
        ):
            return await backup(session, file, with_secret_key=with_secret_key)

    print_record(_done(written()), as_json)
    if not with_secret_key:
        note("SECRET_KEY is not in it: keep it elsewhere, or what is encrypted cannot be opened after a restore")


def restore_command(file: File, as_json: Json = False) -> None:
    """Restore a backup of this or an earlier version into an empty DATA_DIR, or into empty engines. Start nothing else
    before.
    """

    async def restored() -> dict[str, Any]:
        settings = load(AllSettings)
        found = checked(file)
        check_secret_key(settings, found)
        async with engines_for_command(settings, new=True) as running:
            return await restore(running, found)

    print_record(_done(restored()), as_json)
    note("erase again who was erased since then (docs/operating.md), before you start anything")


def _done(work: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))  # stdout is the answer's
    with refusals():
        return asyncio.run(work)
