"""`signalpost app`: the apps that are advertised, their settings and their API keys."""

from typing import Annotated, Any

import typer

from admin.apps import create_app, list_apps, rotate_key, set_app, show_app
from cli.assignments import parse_assignments
from cli.output import Json, print_items, print_record
from cli.session import run

app = typer.Typer(no_args_is_help=True, help="Apps: create, list, show, set, rotate-key.")

KEY_ONCE = "Keep the API key: it is shown this once."

AppId = Annotated[str, typer.Argument(metavar="ID", help="The app's id, app_...")]


@app.command("create")
def create_command(
    name: Annotated[str, typer.Argument(help="What you call the app.")],
    ios_app_id: Annotated[str, typer.Option(help="The number in its App Store URL.")] = "",
    android_package: Annotated[str, typer.Option(help="Its package name, such as com.example.app.")] = "",
    fallback_url: Annotated[str, typer.Option(help="Where visitors go whose OS has no store.")] = "",
    as_json: Json = False,
) -> None:
    """Create an app; prints its id and, this once, its API key."""
    given = {"ios_app_id": ios_app_id, "android_package": android_package, "fallback_url": fallback_url}
    assignments = {key: value for key, value in given.items() if value}
    _print_key(run(lambda session: create_app(session, name, assignments)), as_json)


@app.command("list")
def list_command(as_json: Json = False) -> None:
    """List the apps."""
    print_items(run(list_apps), as_json, ("app_id", "name", "links", "pixels", "created_at"))


@app.command("show")
def show_command(app_id: AppId, as_json: Json = False) -> None:
    """Show an app and every setting; secrets only as set or not set."""
    _print_app(run(lambda session: show_app(session, app_id)), as_json)


@app.command("set")
def set_command(
    app_id: AppId,
    assignments: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...", help="An empty value clears.")],
    as_json: Json = False,
) -> None:
    """Change settings of an app: KEY=VALUE..., an empty value goes back to the default."""
    assigned = parse_assignments(assignments, "match_window_hours=24")
    _print_app(run(lambda session: set_app(session, app_id, assigned)), as_json)


@app.command("rotate-key")
def rotate_key_command(
    app_id: AppId,
    keep_old_for: Annotated[int, typer.Option(metavar="HOURS", help="So long the old key works beside it.")] = 0,
    as_json: Json = False,
) -> None:
    """Replace an app's API key; the old one stops working at once, unless it is kept for a while."""
    _print_key(run(lambda session: rotate_key(session, app_id, keep_old_for)), as_json)


def _print_key(created: dict[str, Any], as_json: bool) -> None:
    print_record(created, as_json)
    if not as_json:
        typer.echo(KEY_ONCE)


def _print_app(record: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_record(record, as_json)
        return
    plain = {key: value for key, value in record.items() if key != "settings"}
    print_record({**plain, **{f"  {key}": value for key, value in record["settings"].items()}}, as_json)
