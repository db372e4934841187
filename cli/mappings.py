"""`signalpost mapping`: which TikTok event an app's event becomes, and which of its properties fill which field."""

from typing import Annotated, Any

import typer

from admin.mappings import list_presets, map_events, map_fields, show_mapping, use_preset
from cli.assignments import parse_assignments
from cli.output import Json, print_items, print_json, print_table
from cli.session import run
from config.presets import DEFAULT_PRESET

app = typer.Typer(no_args_is_help=True, help="Event mapping: show, set, field, preset, presets.")

AppId = Annotated[str, typer.Option("--app", help="The app.")]
PixelId = Annotated[str, typer.Option("--pixel", help="For this pixel alone, in front of the app's rows.")]


@app.command("show")
def show_command(app_id: AppId, pixel_id: PixelId = "", as_json: Json = False) -> None:
    """Show every row that holds for the app; an empty target is not sent."""
    _print_mapping(run(lambda session: show_mapping(session, app_id, pixel_id)), as_json)


@app.command("set")
def set_command(
    app_id: AppId,
    rows: Annotated[list[str], typer.Argument(metavar="SOURCE=TARGET...", help="`SOURCE=` sends it no more.")],
    pixel_id: PixelId = "",
    as_json: Json = False,
) -> None:
    """Map events: SOURCE=TARGET..., and SOURCE= for one that is not sent."""
    targets = parse_assignments(rows, "purchase=Purchase")
    _print_mapping(run(lambda session: map_events(session, app_id, pixel_id, targets)), as_json)


@app.command("field")
def field_command(
    app_id: AppId,
    rows: Annotated[
        list[str],
        typer.Argument(metavar="FIELD=PATH[,PATH]...", help="The first path that holds something; `FIELD=` clears."),
    ],
    pixel_id: PixelId = "",
    as_json: Json = False,
) -> None:
    """Fill fields of the payload from an event's own properties: value=properties.cart.total ..."""
    sources = parse_assignments(rows, "value=properties.cart.total")
    _print_mapping(run(lambda session: map_fields(session, app_id, pixel_id, sources)), as_json)


@app.command("preset")
def preset_command(
    app_id: AppId,
    name: Annotated[str, typer.Argument(help="A name that `mapping presets` lists.")] = DEFAULT_PRESET,
    pixel_id: PixelId = "",
    reset: Annotated[bool, typer.Option("--reset", help="Forget what was set by hand, too.")] = False,
    as_json: Json = False,
) -> None:
    """Load a preset in place of the last one. Rows that were set by hand are kept, unless --reset."""
    _print_mapping(run(lambda session: use_preset(session, app_id, pixel_id, name, reset)), as_json)


@app.command("presets")
def presets_command(as_json: Json = False) -> None:
    """List the presets."""
    print_items(list_presets(), as_json, ("name", "title", "description"))


def _print_mapping(mapping: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(mapping)
    else:
        print_table(mapping["rows"], ("source", "target", "standard", "primary"))
        if mapping["fields"]:
            print_table(mapping["fields"], ("field", "sources"))
