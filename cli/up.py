"""`signalpost up`: every process on this machine, over embedded engines unless others are set."""

import asyncio
import os
from typing import Annotated, Any

import typer

from admin.demo import shown
from admin.refusal import Refused
from cli.demo_lines import demo_lines
from cli.output import Json, print_json
from cli.refusal import note, refusals
from config.logging import configure_logging
from config.runfile import remove_runfile
from config.settings import AllSettings, Settings, load
from stack.data_dir import locked, open_data_dir
from stack.processes import ProcessName, url_of
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
                _announce(stack, as_json)
                await signals.asked.wait()
        finally:
            await stack.stop(signals.hurry)


def _announce(stack: Stack, as_json: bool) -> None:
    lines = _demo_lines(stack)
    if as_json:
        demo = {**shown(stack.demo), "lines": lines} if stack.demo else None
        print_json({**stack.content(), "setup_url": _setup_url(stack), "demo": demo})
    else:
        for name, value in _table(stack):
            typer.echo(f"{name:<16}{value}")
        if stack.demo:
            _announce_demo(stack, lines)
    if not as_json and (setup_url := _setup_url(stack)):
        typer.echo(f"\nNobody can sign in to the console yet. Open this once, to become its owner:\n{setup_url}\n")
    typer.echo("ready (Ctrl-C stops everything)")  # echo flushes: a script may be waiting for this line


def _setup_url(stack: Stack) -> str | None:
    """Where the first owner is made; None where there is one."""
    return f"{stack.settings.console_base}/setup?token={stack.setup_token}" if stack.setup_token else None


def _table(stack: Stack) -> list[tuple[str, Any]]:
    settings, content = stack.settings, stack.content()
    return [
        ("Signal links", f"{settings.public_base}/{{slug}}"),
        ("App API", f"{url_of(ProcessName.FORWARDER, settings)}/v1/installs, /v1/events"),
        ("Console", settings.console_base),
        ("TikTok", f"{settings.tiktok_api_url}{' (sandbox)' if ProcessName.SANDBOX in stack.names else ''}"),
        *((name, process["url"] or "no port") for name, process in content["processes"].items()),
        *((name, engine["url"]) for name, engine in content["engines"].items()),
        ("data", settings.data_dir),
    ]


def _announce_demo(stack: Stack, lines: list[str]) -> None:
    assert stack.demo is not None  # noqa: S101 - the caller looked
    typer.echo("\nDemo")
    typer.echo(f"{'Signal link':<16}{stack.settings.public_base}/{stack.demo.slug}")
    for name, value in shown(stack.demo).items():
        typer.echo(f"{name:<16}{value}")
    typer.echo("\nTry it, in this order: a click, an install, an event, and what was sent to TikTok's stand-in\n")
    for line in lines:
        typer.echo(f"{line}\n")


def _demo_lines(stack: Stack) -> list[str]:
    if stack.demo is None:
        return []
    # the addresses on this machine: PUBLIC_URL may lead elsewhere
    redirector, forwarder = (url_of(name, stack.settings) for name in (ProcessName.REDIRECTOR, ProcessName.FORWARDER))
    return demo_lines(redirector, forwarder, stack.demo, os.environ)
