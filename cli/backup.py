"""`signalpost backup` and `restore`: both engines and the spool, in one file."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from admin.backup import backup
from admin.refusal import Refused
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

    print_record(done(written(), "there is no backup"), as_json)
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

    print_record(done(restored(), "empty both engines (or DATA_DIR) before the next try"), as_json)
    note("erase again who was erased since then (docs/operating.md), before you start anything")


def done(work: Coroutine[Any, Any, dict[str, Any]], when_ended: str) -> dict[str, Any]:
    """What the work answers. Ctrl-C, SIGTERM and SIGHUP end it in good order: engines it started do not stay behind.

    Args:
        when_ended: what is said then.
    """
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))  # stdout is the answer's
    with refusals():
        try:
            return asyncio.run(_unless_ended(work))
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise Refused(f"ended before it was done: {when_ended}") from None


async def _unless_ended(work: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None  # noqa: S101 - this is one
    for number in (signal.SIGTERM, signal.SIGHUP):  # SIGINT is asyncio.run's own
        if signal.getsignal(number) != signal.SIG_IGN:  # as under `nohup`
            loop.add_signal_handler(number, task.cancel)
    return await work
