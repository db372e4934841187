"""`signalpost tiktok`: an app's connection to TikTok's account side."""

from typing import Annotated

import typer

from admin.connection_health import connection_status
from admin.prerequisites import check_prerequisites
from admin.tiktok_accounts import (
    begin_connect,
    disconnect,
    list_advertiser_pixels,
    list_advertisers,
    use_advertiser,
)
from cli.output import Json, print_items, print_record
from cli.session import run

app = typer.Typer(
    no_args_is_help=True,
    help="An app's ad account: connect, status, advertisers, use, pixels, prerequisites, disconnect.",
)

AppId = Annotated[str, typer.Option("--app", help="The app.")]
ADVERTISER_COLUMNS = ("advertiser_id", "name", "currency", "timezone", "selected", "state", "reason")
PIXEL_COLUMNS = ("pixel_code", "pixel_id", "name", "advertiser_id", "relation", "warning")


@app.command("connect")
def connect_command(app_id: AppId, as_json: Json = False) -> None:
    """Print the address where whoever is Admin or Operator of the ad account logs in, within ten minutes."""
    begun = run(lambda session: begin_connect(session, app_id))
    if as_json:
        print_record(begun, as_json)
    else:
        typer.echo(begun["url"])


@app.command("status")
def status_command(app_id: AppId, as_json: Json = False) -> None:
    """Whether the connection works; red says why, and how to mend it."""
    print_record(run(lambda session: connection_status(session, app_id)), as_json)


@app.command("advertisers")
def advertisers_command(app_id: AppId, as_json: Json = False) -> None:
    """List the ad accounts that the login reaches."""
    print_items(run(lambda session: list_advertisers(session, app_id)), as_json, ADVERTISER_COLUMNS)


@app.command("use")
def use_command(
    app_id: AppId,
    advertiser_id: Annotated[str, typer.Option("--advertiser", help="The ad account's id.")],
    as_json: Json = False,
) -> None:
    """Choose the ad account whose spend is the app's."""
    print_record(run(lambda session: use_advertiser(session, app_id, advertiser_id)), as_json)


@app.command("pixels")
def pixels_command(app_id: AppId, as_json: Json = False) -> None:
    """List the pixels of the chosen ad account."""
    print_items(run(lambda session: list_advertiser_pixels(session, app_id)), as_json, PIXEL_COLUMNS)


@app.command("prerequisites")
def prerequisites_command(app_id: AppId, as_json: Json = False) -> None:
    """Check what TikTok wants before ads can use what is sent; exit status 1 where something is missing."""
    found = run(lambda session: check_prerequisites(session, app_id))
    print_items(found, as_json, ("name", "ok", "detail", "fix"))
    if any(item["ok"] is False for item in found):
        raise typer.Exit(1)


@app.command("disconnect")
def disconnect_command(app_id: AppId, as_json: Json = False) -> None:
    """End the connection, here and at TikTok. Pixels keep their own tokens, and what was read stays."""
    print_record(run(lambda session: disconnect(session, app_id)), as_json)
