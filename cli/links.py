"""`signalpost link`: the Signal links that ads point at."""

from pathlib import Path
from typing import Annotated, Any

import typer

from admin.links import bare_url, create_link, disable_link, list_links, set_link, show_link
from admin.refusal import Refused
from cli.assignments import parse_assignments
from cli.output import Json, print_items, print_json, print_record
from cli.refusal import refusals
from cli.session import run

app = typer.Typer(no_args_is_help=True, help="Signal links: create, list, show, set, disable, qr.")

COLUMNS = ("slug", "app_id", "mode", "enabled", "ios_url", "android_url", "fallback_url")
EXAMPLE = "ios_url=https://apps.apple.com/app/id1"

Slug = Annotated[str, typer.Argument(help="The link's slug.")]


@app.command("create")
def create_command(  # noqa: PLR0913, PLR0917 - one parameter per option of the command
    app_id: Annotated[str, typer.Option("--app", help="The app it advertises.")],
    slug: Annotated[str, typer.Option(help="1 to 64 of A-Z a-z 0-9 _ -; made up when absent.")] = "",
    ios_url: Annotated[str, typer.Option(help="Instead of the app's App Store page.")] = "",
    android_url: Annotated[str, typer.Option(help="Instead of the app's Play page.")] = "",
    fallback_url: Annotated[str, typer.Option(help="Instead of the app's fallback URL.")] = "",
    bridge: Annotated[bool, typer.Option("--bridge", help="Show a small page on the way to the store.")] = False,
    assignments: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE...]", help="As `link set`.")] = None,
    as_json: Json = False,
) -> None:
    """Create a Signal link; prints the URL to paste into the ad."""
    options = {"ios_url": ios_url, "android_url": android_url, "fallback_url": fallback_url}
    given = {key: value for key, value in options.items() if value} | ({"mode": "bridge"} if bridge else {})
    given |= parse_assignments(assignments or [], EXAMPLE)
    print_record(run(lambda session: create_link(session, app_id, slug, given)), as_json)


@app.command("list")
def list_command(
    app_id: Annotated[str, typer.Option("--app", help="Only this app's links.")] = "", as_json: Json = False
) -> None:
    """List the links."""
    print_items(run(lambda session: list_links(session, app_id)), as_json, COLUMNS)


@app.command("show")
def show_command(slug: Slug, as_json: Json = False) -> None:
    """Show a link: the URL for the ad, and where it leads on each OS."""
    print_record(run(lambda session: show_link(session, slug)), as_json)


@app.command("set")
def set_command(
    slug: Slug,
    assignments: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...", help="An empty value clears.")],
    as_json: Json = False,
) -> None:
    """Change a link: ios_url, android_url, fallback_url, os, mode, enabled, bridge_weight, utm, expires_at,
    click_cap.
    """
    assigned = parse_assignments(assignments, EXAMPLE)
    print_record(run(lambda session: set_link(session, slug, assigned)), as_json)


@app.command("disable")
def disable_command(slug: Slug, as_json: Json = False) -> None:
    """Disable a link: it answers 404 from now on. `link set SLUG enabled=true` brings it back."""
    print_record(run(lambda session: disable_link(session, slug)), as_json)


@app.command("qr")
def qr_command(
    slug: Slug,
    output: Annotated[Path | None, typer.Option(help="Write an .svg or .png file instead.")] = None,
    as_json: Json = False,
) -> None:
    """Show a link as a QR code, without macros: a scan is not a TikTok click."""
    import segno  # noqa: PLC0415 - for this one command

    if output is not None and output.suffix not in (".svg", ".png"):
        with refusals():
            raise Refused(f"output: {output.name} must end in .svg or .png")
    url = run(lambda session: bare_url(session, slug))
    code = segno.make_qr(url, error="m")  # no phone's camera reads a Micro QR code
    if output is not None:
        _save(code, output)
    if as_json:
        print_json({"slug": slug, "url": url, "svg": code.svg_inline(scale=4)})
    elif output is None:
        code.terminal(compact=True)
        typer.echo(url)


def _save(code: Any, output: Path) -> None:
    try:
        code.save(str(output), scale=8)
    except OSError as error:
        typer.echo(f"output: {output} cannot be written: {error.strerror}", err=True)
        raise typer.Exit(1) from None
