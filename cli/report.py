"""`signalpost report`: what the ads cost and brought, by day, campaign and so on."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from admin.reports import DIMENSIONS, Kind, ReportAsked, columns_of, csv_of, recount, signals_report, told
from cli.output import Json, print_json, print_record, print_table
from cli.refusal import note, refusals
from cli.session import run

_SIGNAL_COLUMNS = ("signal", "share")
_SET_ASIDE_COLUMNS = ("app_id", "field", "reason", "times")


def report_command(  # noqa: PLR0913, PLR0917 - one parameter per option of the command
    app_id: Annotated[str, typer.Option("--app", help="Only this app.")] = "",
    by: Annotated[str, typer.Option(help=f"One or two (day,campaign) of: {' '.join(DIMENSIONS)}")] = "",
    first: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD, in the app's time zone.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day, inclusive.")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    cohorts: Annotated[
        bool, typer.Option("--cohorts", help="Instead: revenue and ROAS up to day 0, 1, 3, 7, 14, 28 of the installs.")
    ] = False,
    discrepancies: Annotated[
        bool, typer.Option("--discrepancies", help="Instead: our figures beside TikTok's per campaign, and why.")
    ] = False,
    signals: Annotated[
        bool,
        typer.Option(
            "--signals",
            help="Instead: the share of the latest events with each matching signal, and what was set aside.",
        ),
    ] = False,
    anew: Annotated[bool, typer.Option("--recount", help="Instead: have the app's reports counted anew.")] = False,
    as_json: Json = False,
) -> None:
    """Report what the ads cost and brought."""
    if as_csv and as_json:
        raise typer.BadParameter("give one of --csv and --json")
    if cohorts + discrepancies + signals + anew > 1:
        raise typer.BadParameter("give one of --cohorts, --discrepancies, --signals and --recount")
    if signals:
        _report_signals(app_id, as_json)
    elif anew:
        print_record(run(lambda session: recount(session, app_id)), as_json)
    else:
        kind: Kind = "cohorts" if cohorts else "discrepancies" if discrepancies else "report"
        _report(ReportAsked(app_id, by, first, last, kind), as_csv, as_json)


def _report(asked: ReportAsked, as_csv: bool, as_json: bool) -> None:
    with refusals():
        columns = columns_of(asked)
    found = run(lambda session: told(session, asked))
    for warning in found["warnings"]:
        note(warning)
    if as_json:
        print_json(found)
    elif as_csv:
        sys.stdout.write(csv_of(found["rows"], columns))
    else:
        _print_rows(found, columns)


def _print_rows(found: Mapping[str, Any], columns: list[str]) -> None:
    rows = [{**row["key"], **row} for row in found["rows"]]
    print_table([*rows, {columns[0]: "total", **found["totals"]}] if rows else [], columns)
    for code, sentence in found.get("reasons", {}).items():
        if any(code in row["reasons"] for row in found["rows"]):
            sys.stdout.write(f"{code}: {sentence}\n")


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
