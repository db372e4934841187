"""`signalpost up`: every process on this machine, over embedded engines unless others are set."""

import asyncio
from typing import Annotated

import typer

from admin.refusal import Refused
from cli.output import Json
from cli.refusal import note, refusals
from config.logging import configure_logging
from config.runfile import remove_runfile
from config.settings import AllSettings, Settings, load
from stack.data_dir import locked, open_data_dir
from stack.stack import Stack, Wanted
from stack.stop_signals import StopSignals


def up_command(
    demo: Annotated[bool, typer.Option("--demo", help="Also make an app, a link and a pixel to try, once.")] = False,
    sandbox: Annotated[
        bool | None, typer.Option("--sandbox/--no-sandbox", help="Send to a stand-in for TikTok on this machine.")
    ] = None,
    history: Annotated[
        bool, typer.Option("--history/--no-history", help="Whether the demo has four weeks behind it when it begins.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Run every process; prints the URLs and then `ready`. Ctrl-C or SIGTERM stops all of them."""
    if demo and sandbox is False:
        raise typer.BadParameter("--demo sends to the sandbox: leave --no-sandbox out")
    with refusals():
        asyncio.run(_up(Wanted(sandbox=demo or bool(sandbox), demo=demo, history=history), as_json=as_json))


async def _up(wanted: Wanted, *, as_json: bool) -> None:
    signals = StopSignals()
    data_dir = open_data_dir(load(Settings).data_dir)
    with locked(data_dir):
        remove_runfile(data_dir)  # of an `up` that was killed: what it published is no longer true
        settings = load(AllSettings)
        configure_logging(settings.log_level, settings.log_format, "up")
        if wanted.sandbox and not settings.sandbox_port:
            raise Refused("SANDBOX_PORT: the sandbox needs a port: set one above 0")
        stack = Stack(settings, data_dir, wanted)
        try:
            if await signals.unless_asked(stack.start()):
                for text in stack.notes:
                    note(text)
                from cli.announcement import announce  # noqa: PLC0415 - nothing is started later for its sake

                announce(stack, as_json)
                await signals.asked.wait()
        finally:
            await stack.stop(signals.hurry)
