"""`signalpost match stats`: what the matcher has learned, and how well its probabilities hold."""

from typing import Annotated, Any

import typer

from admin.apps import require_app
from admin.session import Session
from cli.output import Json, print_json, print_record, print_table
from cli.session import run
from forwarder.matching.learning import statistics_summary
from forwarder.matching.statistics import ANY


def stats_command(
    app_id: Annotated[str, typer.Option("--app", help="One app; default: all together.")] = "", as_json: Json = False
) -> None:
    """Show what matched installs have taught: shares, times from click to install, reliability of the probabilities."""

    async def read(session: Session) -> dict[str, Any]:
        if app_id:
            await require_app(session, app_id)
        return await statistics_summary(session.database, app_id)

    learned = run(read)
    if as_json:
        print_json(learned)
        return
    tables = {name: learned.pop(name) for name in ("click_to_install", "referrers", "reliability", "values")}
    print_record(learned, as_json)
    _print_tables(tables)


def _print_tables(tables: dict[str, Any]) -> None:
    typer.echo("\nfrom click to install (installs whose click the store named)")
    print_table(tables["click_to_install"], ("until_s", "installs", "share"))
    typer.echo("\nPlay's referrer (factor: what it makes of the odds that a candidate's click brought the install)")
    print_table(tables["referrers"], ("referrer", "installs", "explained_by_clicks", "factor"))
    for table, rows in tables["reliability"].items():
        what = "all facts" if table.startswith("full") else "without the model, as on an iPhone"
        asked = "whether any candidate's click did it" if table.endswith(ANY) else "which candidate's did"
        typer.echo(f"\nreliability on installs whose truth is known, {asked}: {what}")
        print_table(
            [row for row in rows if row["answers"]], ("from", "to", "answers", "predicted", "observed", "given_out_as")
        )
    for group, rows in tables["values"].items():
        typer.echo(f"\n{group}: " + ", ".join(f"{row['value']} {row['share']:.1%}" for row in rows))
