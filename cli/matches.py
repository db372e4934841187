"""`signalpost match`: why an install was credited to a click, or to none."""

from typing import Annotated

import typer

from admin.installs import explain_install
from cli.backtest import backtest_command
from cli.match_stats import stats_command
from cli.output import Json, print_json, print_record, print_table
from cli.session import run

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

    explained = run(lambda session: explain_install(session, install_id, app_id))
    if as_json:
        print_json(explained)
        return
    print_record({name: value for name, value in explained.items() if name != "candidates"}, as_json)
    print_table(explained["candidates"], ("click_id", "clicked_at", "probability", "signals", "note"))
