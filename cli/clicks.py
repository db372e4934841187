"""`signalpost click`: what is stored of a click, and all clicks behind an address."""

from typing import Annotated

import typer

from admin.clicks import find_clicks, show_click
from cli.output import Json, print_items, print_record
from cli.session import run

app = typer.Typer(no_args_is_help=True, help="Clicks: show, find.")

COLUMNS = ("click_id", "clicked_at", "link", "platform", "ip", "campaign_name", "ad_name", "consumed_by")


@app.command("show")
def show_command(
    click_id: Annotated[str, typer.Argument(metavar="ID", help="The click's id.")], as_json: Json = False
) -> None:
    """Show what is stored of a click."""
    print_record(run(lambda session: show_click(session, click_id)), as_json)


@app.command("find")
def find_command(
    ip: Annotated[str, typer.Option(help="The phone's address.")],
    since: Annotated[str, typer.Option(help="A time, or 24h for a day ago; default: all that is kept.")] = "",
    as_json: Json = False,
) -> None:
    """List the clicks behind an address, newest first."""
    print_items(run(lambda session: find_clicks(session, ip, since)), as_json, COLUMNS)
