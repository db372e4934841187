"""What `signalpost up` says once everything runs."""

import os
from typing import Any

import typer

from admin.demo import shown
from cli.demo_lines import demo_lines
from cli.output import print_json
from stack.processes import ProcessName, url_of
from stack.stack import Stack


def announce(stack: Stack, as_json: bool) -> None:
    """Where everything is, what to try, and the line `ready`."""
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
