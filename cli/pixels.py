"""`signalpost pixel`: where an app's events go at TikTok."""

from typing import Annotated

import typer

from admin.pixel_check import VALIDATION_EVENT
from admin.pixels import (
    PixelToAdd,
    add_pixel,
    disable_pixel,
    list_pixels,
    send_test_event,
    set_pixel,
    validate_pixel,
)
from cli.assignments import parse_assignments
from cli.output import Json, print_items, print_record
from cli.refusal import refusals
from cli.session import run
from cli.standard_input import line_of_standard_input
from cli.test_mode import print_banner

app = typer.Typer(no_args_is_help=True, help="Pixels: add, list, set, validate, test, disable.")

COLUMNS = ("pixel_id", "app_id", "code", "name", "enabled", "state", "held_reason", "test_event_code", "token")

PixelId = Annotated[str, typer.Argument(metavar="ID", help="The pixel's id, px_...")]
NoValidate = Annotated[bool, typer.Option("--no-validate", help="Do not ask TikTok first.")]


@app.command("add")
def add_command(  # noqa: PLR0913, PLR0917 - one parameter per option of the command
    app_id: Annotated[str, typer.Option("--app", help="The app whose events it takes.")],
    code: Annotated[str, typer.Option(help="The pixel code that Events Manager shows.")],
    token: Annotated[
        str, typer.Option(help="The Events API token; - reads it from standard input. Left out: the connection's.")
    ] = "",
    name: Annotated[str, typer.Option(help="What you call it.")] = "",
    test_event_code: Annotated[str, typer.Option(help="Tags every event while set.")] = "",
    no_validate: NoValidate = False,
    as_json: Json = False,
) -> None:
    """Add a pixel to an app. TikTok is asked first, with one test event, whether it takes the token."""
    given = PixelToAdd(app_id, code, _read(token), name, test_event_code)
    print_record(run(lambda session: add_pixel(session, given, validate=not no_validate)), as_json)


@app.command("list")
def list_command(
    app_id: Annotated[str, typer.Option("--app", help="Only this app's pixels.")] = "", as_json: Json = False
) -> None:
    """List the pixels; a token shows only that it is set."""
    pixels = run(lambda session: list_pixels(session, app_id))
    for pixel in pixels:
        print_banner(pixel)
    print_items(pixels, as_json, COLUMNS)


@app.command("set")
def set_command(
    pixel_id: PixelId,
    assignments: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...", help="An empty value clears.")],
    no_validate: NoValidate = False,
    as_json: Json = False,
) -> None:
    """Change a pixel: name, enabled, token, test_event_code, consent_categories, send, event_names."""
    values = parse_assignments(assignments, "test_event_code=TEST12345")
    if "token" in values:
        values["token"] = _read(values["token"])
    changed = run(lambda session: set_pixel(session, pixel_id, values, validate=not no_validate))
    print_banner(changed)
    print_record(changed, as_json)


@app.command("validate")
def validate_command(pixel_id: PixelId, as_json: Json = False) -> None:
    """Ask TikTok whether it takes the pixel's token; a held pixel that works resumes at once."""
    print_record(run(lambda session: validate_pixel(session, pixel_id)), as_json)


@app.command("test")
def send_test_command(
    pixel_id: PixelId,
    event: Annotated[str, typer.Option(help="TikTok's name of the event to send.")] = VALIDATION_EVENT,
    as_json: Json = False,
) -> None:
    """Send one event under a test event code and show TikTok's answer."""
    answer, problem = run(lambda session: send_test_event(session, pixel_id, event))
    print_record(answer, as_json)
    if problem:
        typer.echo(problem, err=True)
        raise typer.Exit(1)


@app.command("disable")
def disable_command(pixel_id: PixelId, as_json: Json = False) -> None:
    """Disable a pixel: nothing is sent to it. `pixel set ID enabled=true` brings it back."""
    print_record(run(lambda session: disable_pixel(session, pixel_id)), as_json)


def _read(token: str) -> str:
    """From standard input where it is a dash: so that it stands in no shell's history."""
    if token != "-":  # noqa: S105 - a dash is no token
        return token
    with refusals():
        return line_of_standard_input("token")
