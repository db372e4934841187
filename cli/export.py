"""`signalpost export`: recorded clicks and installs, as `signalpost match backtest` reads them."""

import sys
from typing import Annotated, Any

import typer

from admin.exports import exported_clicks, exported_installs, span_of
from admin.session import Session
from cli.output import Json
from cli.session import run

app = typer.Typer(no_args_is_help=True, help="NDJSON for `match backtest`: clicks, installs.")

AppOption = Annotated[str, typer.Option("--app", help="Only this app.")]
Since = Annotated[str, typer.Option(help="A time, or 30d for thirty days ago; default: all that is kept.")]
Until = Annotated[str, typer.Option(help="A time, excluded; default: now.")]


@app.command("clicks")
def clicks_command(app_id: AppOption = "", since: Since = "", until: Until = "", as_json: Json = False) -> None:  # noqa: ARG001 - NDJSON it is
    """Print recorded clicks, one JSON line each, by time."""
    _print(exported_clicks, app_id, since, until)


@app.command("installs")
def installs_command(app_id: AppOption = "", since: Since = "", until: Until = "", as_json: Json = False) -> None:  # noqa: ARG001
    """Print recorded installs, one JSON line each, by time. What erased or refusing people said is not among it."""
    _print(exported_installs, app_id, since, until)


def _print(lines: Any, app_id: str, since: str, until: str) -> None:
    async def export(session: Session) -> None:
        span = await span_of(session, app_id, since, until)
        async for line in lines(session, span):
            sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()

    run(export)
