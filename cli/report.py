"""`signalpost report`: clicks, installs, events and revenue, by day, campaign and so on."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from admin.csv_text import csv_lines
from admin.reports import DIMENSIONS, By, ReportQuery, campaign_report, column_names, day, dimension, signals_report
from admin.session import Session
from cli.output import Json, print_json, print_table
from cli.refusal import note
from cli.session import run

_SIGNAL_COLUMNS = ("signal", "share")
_SET_ASIDE_COLUMNS = ("app_id", "field", "reason", "times")


def report_command(  # noqa: PLR0913, PLR0917 - one parameter per option of the command
    app_id: Annotated[str, typer.Option("--app", help="Only this app.")] = "",
    by: Annotated[str, typer.Option(help=" ".join(DIMENSIONS))] = "day",
    first: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD, in the app's time zone.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day, inclusive.")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    signals: Annotated[
        bool,
        typer.Option(
            "--signals",
            help="Instead: the share of the latest events with each matching signal, and what was set aside.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Report what the ads brought."""
    if as_csv and as_json:
        raise typer.BadParameter("give one of --csv and --json")
    if signals:
        _report_signals(app_id, as_json)
        return

    async def read(session: Session) -> dict[str, Any]:
        query = ReportQuery(app_id or None, dimension(by), day("from", first), day("to", last))
        return await campaign_report(session, query)

    found = run(read)
    for warning in found["warnings"]:
        note(warning)
    if as_json:
        print_json(found)
    else:
        _print_rows(found, dimension(by), as_csv)


def _print_rows(found: Mapping[str, Any], by: By, as_csv: bool) -> None:
    columns = column_names(by)
    rows = [{**row["key"], **row} for row in found["rows"]]
    if as_csv:
        sys.stdout.writelines(csv_lines(rows, columns))
    else:
        print_table([*rows, {columns[0]: "total", **found["totals"]}] if rows else [], columns)


def _report_signals(app_id: str, as_json: bool) -> None:
    found = run(lambda session: signals_report(session, app_id))
    if as_json:
        print_json(found)
        return
    sys.stdout.write(f"of the latest {found['events']} events that were sent\n")
    print_table(
        ({"signal": name, "share": f"{share:.1%}"} for name, share in found["signals"].items()), _SIGNAL_COLUMNS
    )
    if found["set_aside"]:
        sys.stdout.write("read as absent in the last 28 days (docs/intake.md says why)\n")
        print_table(found["set_aside"], _SET_ASIDE_COLUMNS)
