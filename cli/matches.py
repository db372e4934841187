"""`signalpost match`: why an install was credited to a click, or to none."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from admin.refusal import Refused
from admin.session import Session
from cli.backtest import backtest_command
from cli.match_stats import stats_command
from cli.output import Json, print_json, print_record, print_table
from cli.session import run
from ledger.matches import matches_of_install
from ledger.spelling import canonical

app = typer.Typer(no_args_is_help=True, help="Matching: explain, stats, backtest.")
app.command("backtest")(backtest_command)
app.command("stats")(stats_command)


@app.command("explain")
def explain_command(
    install_id: Annotated[str, typer.Argument(help="The install's id, as the app sent it.")],
    app_id: Annotated[str, typer.Option("--app", help="Where two apps have an install of this id.")] = "",
    as_json: Json = False,
) -> None:
    """Show the verdict on an install, the clicks that were candidates, and why."""

    async def explain(session: Session) -> dict[str, Any]:
        found = await matches_of_install(session.database, canonical(install_id), app_id)
        if not found:
            raise Refused(f"install: there is no install {install_id[:60]!r}")
        if len(found) > 1:
            raise Refused(f"app: {' and '.join(row['app_id'] for row in found)} have this install; name one with --app")
        return _explained(found[0])

    explained = run(explain)
    if as_json:
        print_json(explained)
        return
    print_record({name: value for name, value in explained.items() if name != "candidates"}, as_json)
    print_table(explained["candidates"], ("click_id", "clicked_at", "probability", "signals", "note"))


def _explained(row: dict[str, Any]) -> dict[str, Any]:
    """The stored verdict; what the matcher kept beside it stands at the same level."""
    detail = dict(row.pop("detail"))
    candidates = [
        {**candidate, "clicked_at": datetime.fromtimestamp(candidate["at_ms"] / 1000, UTC)}
        for candidate in detail.pop("candidates", [])
    ]
    return {**row, "attributed": row["click_id"] is not None, **detail, "candidates": candidates}
