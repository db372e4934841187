"""`signalpost mapping`: which TikTok event an app's event becomes, and which of its properties fill which field."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.apps import require_app
from cli.assignments import checked_name, parse_assignments
from cli.output import Json, print_items, print_json, print_table
from cli.refusal import Refused, note
from cli.session import Session, run
from config.presets import DEFAULT_PRESET, all_presets
from forwarder.field_mapping import parse_path
from ledger.field_mappings import field_mappings, set_field_mappings
from ledger.mappings import WHOLE_APP, all_mappings, clear_mappings, load_preset, set_mappings
from ledger.pixels import get_pixel
from tiktok.mappable import FIELDS
from tiktok.standard_events import DEFAULT_MAPPING, is_standard, target_warning

app = typer.Typer(no_args_is_help=True, help="Event mapping: show, set, field, preset, presets.")

AppId = Annotated[str, typer.Option("--app", help="The app.")]
PixelId = Annotated[str, typer.Option("--pixel", help="For this pixel alone, in front of the app's rows.")]

_DEFAULT = {row.source: row.target for row in DEFAULT_MAPPING}
_PRIMARY = frozenset(row.source for row in DEFAULT_MAPPING if row.primary)


@app.command("show")
def show_command(app_id: AppId, pixel_id: PixelId = WHOLE_APP, as_json: Json = False) -> None:
    """Show every row that holds for the app; an empty target is not sent."""

    async def show(session: Session) -> dict[str, Any]:
        await _require_target(session, app_id, pixel_id)
        return await mapping_of(session, app_id, pixel_id)

    _print_mapping(run(show), as_json)


@app.command("set")
def set_command(
    app_id: AppId,
    rows: Annotated[list[str], typer.Argument(metavar="SOURCE=TARGET...", help="`SOURCE=` sends it no more.")],
    pixel_id: PixelId = WHOLE_APP,
    as_json: Json = False,
) -> None:
    """Map events: SOURCE=TARGET..., and SOURCE= for one that is not sent."""

    async def change(session: Session) -> dict[str, Any]:
        await _require_target(session, app_id, pixel_id)
        targets = {
            checked_name("source", source): checked_name("target", target) if target else ""
            for source, target in parse_assignments(rows, "purchase=Purchase").items()
        }
        await set_mappings(session.database, app_id, pixel_id, targets)
        _warn(targets)
        return await mapping_of(session, app_id, pixel_id)

    _print_mapping(run(change), as_json)


@app.command("field")
def field_command(
    app_id: AppId,
    rows: Annotated[
        list[str],
        typer.Argument(metavar="FIELD=PATH[,PATH]...", help="The first path that holds something; `FIELD=` clears."),
    ],
    pixel_id: PixelId = WHOLE_APP,
    as_json: Json = False,
) -> None:
    """Fill fields of the payload from an event's own properties: value=properties.cart.total ..."""

    async def change(session: Session) -> dict[str, Any]:
        await _require_target(session, app_id, pixel_id)
        assignments = parse_assignments(rows, "value=properties.cart.total")
        sources = {field: _paths(field, paths) for field, paths in assignments.items()}
        await set_field_mappings(session.database, app_id, pixel_id, sources)
        return await mapping_of(session, app_id, pixel_id)

    _print_mapping(run(change), as_json)


def _paths(field: str, text: str) -> list[str]:
    if field not in FIELDS:
        raise Refused(f"{field[:60]}: is not a field of the payload; there are {', '.join(FIELDS)}")
    paths = [path.strip() for path in text.split(",") if path.strip()]
    try:
        for path in paths:
            parse_path(path)
    except ValueError as error:
        raise Refused(f"{field}: {error}") from None
    return paths


@app.command("preset")
def preset_command(
    app_id: AppId,
    name: Annotated[str, typer.Argument(help="A name that `mapping presets` lists.")] = DEFAULT_PRESET,
    pixel_id: PixelId = WHOLE_APP,
    reset: Annotated[bool, typer.Option("--reset", help="Forget what was set by hand, too.")] = False,
    as_json: Json = False,
) -> None:
    """Load a preset in place of the last one. Rows that were set by hand are kept, unless --reset."""

    async def change(session: Session) -> dict[str, Any]:
        await _require_target(session, app_id, pixel_id)
        presets = {preset.name: preset for preset in all_presets()}
        if name not in presets:
            raise Refused(f"preset: there is no preset {name[:60]!r}; there are {', '.join(presets)}")
        differing = {s: t for s, t in presets[name].mapping.items() if _DEFAULT.get(s) != t}
        async with session.database.acquire() as connection, connection.transaction():
            if reset:
                await clear_mappings(connection, app_id, pixel_id)
            kept = await load_preset(connection, app_id, pixel_id, differing)
        if kept:
            note(f"kept as set by hand: {', '.join(kept)} (--reset forgets them)")
        _warn({source: target for source, target in differing.items() if source not in kept})
        return await mapping_of(session, app_id, pixel_id)

    _print_mapping(run(change), as_json)


def _warn(targets: Mapping[str, str]) -> None:
    for target in dict.fromkeys(targets.values()):
        warning = target and target_warning(target)
        if warning:
            note(warning)


@app.command("presets")
def presets_command(as_json: Json = False) -> None:
    """List the presets."""
    items = [
        {"name": preset.name, "title": preset.title, "description": preset.description, "mapping": preset.mapping}
        for preset in all_presets()
    ]
    print_items(items, as_json, ("name", "title", "description"))


async def mapping_of(session: Session, app_id: str, pixel_id: str) -> dict[str, Any]:
    """{"pixel_id", "rows", "fields"}: the default, the app's rows over it and, for a pixel, its own over those."""
    stored = await all_mappings(session.database)
    targets = {**_DEFAULT, **stored.get((app_id, WHOLE_APP), {})}
    if pixel_id:
        targets |= stored.get((app_id, pixel_id), {})
    rows = [
        {"source": source, "target": target, "standard": is_standard(target), "primary": source in _PRIMARY}
        for source, target in targets.items()
    ]
    filled = await field_mappings(session.database, app_id, pixel_id)
    fields = [{"field": field, "sources": sources} for field, sources in filled.items()]
    return {"pixel_id": pixel_id or None, "rows": rows, "fields": fields}


async def _require_target(session: Session, app_id: str, pixel_id: str) -> None:
    await require_app(session, app_id)
    if pixel_id:
        pixel = await get_pixel(session.database, pixel_id)
        if pixel is None or pixel.app_id != app_id:
            raise Refused(f"pixel: {app_id} has no pixel {pixel_id[:60]!r}; `signalpost pixel list` shows them")


def _print_mapping(mapping: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(mapping)
    else:
        print_table(mapping["rows"], ("source", "target", "standard", "primary"))
        if mapping["fields"]:
            print_table(mapping["fields"], ("field", "sources"))
