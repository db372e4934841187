"""`signalpost export`: what is recorded, as NDJSON or Parquet."""

import sys
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import IO, Annotated, Literal

import typer

from admin.exports import What, export_parquet, exported_lines, span_of, writing
from admin.session import Session
from cli.output import Json
from cli.session import run

app = typer.Typer(
    no_args_is_help=True, help="Clicks, installs, events, deliveries: NDJSON (`match backtest`), Parquet."
)

AppOption = Annotated[str, typer.Option("--app", help="Only this app.")]
Since = Annotated[str, typer.Option(help="A time, or 30d for thirty days ago; default: all that is kept.")]
Until = Annotated[str, typer.Option(help="A time, excluded; default: now.")]
Format = Annotated[Literal["ndjson", "parquet"], typer.Option("--format", help="parquet needs --out.")]
Out = Annotated[Path | None, typer.Option(help="File to write; default: stdout.")]


@app.command("clicks")
def clicks_command(  # noqa: PLR0913, PLR0917 - one parameter per option of the command, here and below
    app_id: AppOption = "",
    since: Since = "",
    until: Until = "",
    form: Format = "ndjson",
    out: Out = None,
    as_json: Json = False,  # noqa: ARG001 - NDJSON it is
) -> None:
    """Export recorded clicks, by time."""
    _export("clicks", (app_id, since, until), form, out)


@app.command("installs")
def installs_command(  # noqa: PLR0913, PLR0917
    app_id: AppOption = "",
    since: Since = "",
    until: Until = "",
    form: Format = "ndjson",
    out: Out = None,
    as_json: Json = False,  # noqa: ARG001
) -> None:
    """Export recorded installs, by time. What erased or refusing people said is not among it."""
    _export("installs", (app_id, since, until), form, out)


@app.command("events")
def events_command(  # noqa: PLR0913, PLR0917
    app_id: AppOption = "",
    since: Since = "",
    until: Until = "",
    form: Format = "ndjson",
    out: Out = None,
    as_json: Json = False,  # noqa: ARG001
) -> None:
    """Export events, the installs' own among them, by time."""
    _export("events", (app_id, since, until), form, out)


@app.command("deliveries")
def deliveries_command(  # noqa: PLR0913, PLR0917
    app_id: AppOption = "",
    since: Since = "",
    until: Until = "",
    form: Format = "ndjson",
    out: Out = None,
    as_json: Json = False,  # noqa: ARG001
) -> None:
    """Export deliveries without their payloads, by the time they were made."""
    _export("deliveries", (app_id, since, until), form, out)


def _export(what: What, span: tuple[str, str, str], form: str, out: Path | None) -> None:
    if form == "parquet" and out is None:
        raise typer.BadParameter("parquet is written to a file: --out FILE")

    async def export(session: Session) -> None:
        asked = await span_of(session, *span)
        if form == "parquet" and out is not None:
            await export_parquet(session, what, asked, out)
            return
        async with aclosing(exported_lines(session, what, asked)) as lines:
            with _opened(out) as file:
                async for line in lines:
                    file.write(line + b"\n")
                file.flush()

    run(export)


@contextmanager
def _opened(out: Path | None) -> Iterator[IO[bytes]]:
    if out is None:
        yield sys.stdout.buffer
        return
    with writing(out) as part, part.open("wb") as file:
        yield file
