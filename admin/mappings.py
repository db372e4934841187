"""Event mapping: which TikTok event an app's event becomes, and which of its properties fill which field."""

from collections.abc import Mapping
from typing import Any

from admin.apps import require_app
from admin.audit import Change, audited
from admin.names import checked_name
from admin.refusal import Refused
from admin.session import Session
from config.presets import DEFAULT_PRESET, all_presets
from ledger.default_mapping import DEFAULT_MAPPING, DEFAULT_TARGETS
from ledger.field_mappings import field_mappings, set_field_mappings
from ledger.mappings import WHOLE_APP, all_mappings, clear_mappings, load_preset, set_mappings
from ledger.pixels import get_pixel
from tiktok.field_paths import parse_path
from tiktok.mappable import FIELDS
from tiktok.standard_events import STANDARD_EVENTS, is_standard, target_warning

_PRIMARY = frozenset(row.source for row in DEFAULT_MAPPING if row.primary)


async def show_mapping(session: Session, app_id: str, pixel_id: str = WHOLE_APP) -> dict[str, Any]:
    """{"pixel_id", "rows", "fields"}: every row that holds for the app, or for one of its pixels.

    Raises:
        Refused: there is no such app or pixel.
    """
    await _require_target(session, app_id, pixel_id)
    return await _mapping_of(session.database, app_id, pixel_id)


async def map_events(session: Session, app_id: str, pixel_id: str, rows: Mapping[str, str]) -> dict[str, Any]:
    """The mapping with these rows, source -> target; an empty target is not sent.

    Raises:
        Refused: there is no such app or pixel, or a name cannot be one.
    """
    await _require_target(session, app_id, pixel_id)
    targets = {
        checked_name("source", source): checked_name("target", target) if target else ""
        for source, target in rows.items()
    }
    async with audited(session, "mapping.set", pixel_id or app_id, app_id) as change:
        await _begin(change, app_id, pixel_id)
        await set_mappings(change.connection, app_id, pixel_id, targets)
        mapping = await _end(change, app_id, pixel_id)
    _warn(session, targets)
    return mapping


async def map_fields(session: Session, app_id: str, pixel_id: str, rows: Mapping[str, str]) -> dict[str, Any]:
    """The mapping with these fields, each filled from the first of its paths that holds something; no path clears.

    Raises:
        Refused: there is no such app, pixel or field, or a path cannot be one.
    """
    await _require_target(session, app_id, pixel_id)
    sources = {field: _paths(field, paths) for field, paths in rows.items()}
    async with audited(session, "mapping.field", pixel_id or app_id, app_id) as change:
        await _begin(change, app_id, pixel_id)
        await set_field_mappings(change.connection, app_id, pixel_id, sources)
        return await _end(change, app_id, pixel_id)


async def use_preset(session: Session, app_id: str, pixel_id: str, name: str, reset: bool = False) -> dict[str, Any]:
    """The mapping with a preset in place of the last one. What was set by hand is kept, unless `reset`.

    Raises:
        Refused: there is no such app, pixel or preset.
    """
    await _require_target(session, app_id, pixel_id)
    presets = {preset.name: preset for preset in all_presets()}
    if name not in presets:
        raise Refused(f"preset: there is no preset {name[:60]!r}; there are {', '.join(presets)}")
    differing = {source: to for source, to in presets[name].mapping.items() if DEFAULT_TARGETS.get(source) != to}
    async with audited(session, "mapping.preset", pixel_id or app_id, app_id) as change:
        await _begin(change, app_id, pixel_id)
        if reset:
            await clear_mappings(change.connection, app_id, pixel_id)
        kept = await load_preset(change.connection, app_id, pixel_id, differing)
        mapping = await _end(change, app_id, pixel_id)
    if kept:
        session.note(f"kept as set by hand: {', '.join(kept)} (--reset forgets them)")
    _warn(session, {source: target for source, target in differing.items() if source not in kept})
    return mapping


def standard_events() -> list[str]:
    """TikTok's own events, which campaigns can optimise for."""
    return list(STANDARD_EVENTS)


def payload_fields() -> list[str]:
    """What `map_fields` can fill."""
    return list(FIELDS)


def warnings_of(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Source -> what to know of the target it has, where there is something."""
    found = {row["source"]: target_warning(row["target"]) for row in rows if row["target"]}
    return {source: warning for source, warning in found.items() if warning}


def list_presets() -> list[dict[str, Any]]:
    """{"name", "title", "description", "mapping"} of each preset."""
    return [
        {
            "name": preset.name,
            "title": preset.title,
            "description": preset.description,
            "mapping": DEFAULT_TARGETS if preset.name == DEFAULT_PRESET else preset.mapping,
        }
        for preset in all_presets()
    ]


async def _begin(change: Change, app_id: str, pixel_id: str) -> None:
    change.before = await _mapping_of(change.connection, app_id, pixel_id)


async def _end(change: Change, app_id: str, pixel_id: str) -> dict[str, Any]:
    change.after = mapping = await _mapping_of(change.connection, app_id, pixel_id)
    return mapping


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


def _warn(session: Session, targets: Mapping[str, str]) -> None:
    for target in dict.fromkeys(targets.values()):
        warning = target and target_warning(target)
        if warning:
            session.note(warning)


async def _mapping_of(connection: Any, app_id: str, pixel_id: str) -> dict[str, Any]:
    """{"pixel_id", "rows", "fields"}: the default, the app's rows over it and, for a pixel, its own over those."""
    stored = await all_mappings(connection)
    targets = {**DEFAULT_TARGETS, **stored.get((app_id, WHOLE_APP), {})}
    if pixel_id:
        targets |= stored.get((app_id, pixel_id), {})
    rows = [
        {"source": source, "target": target, "standard": is_standard(target), "primary": source in _PRIMARY}
        for source, target in targets.items()
    ]
    filled = await field_mappings(connection, app_id, pixel_id)
    fields = [{"field": field, "sources": sources} for field, sources in filled.items()]
    return {"pixel_id": pixel_id or None, "rows": rows, "fields": fields}


async def _require_target(session: Session, app_id: str, pixel_id: str) -> None:
    await require_app(session, app_id)
    if pixel_id:
        pixel = await get_pixel(session.database, pixel_id)
        if pixel is None or pixel.app_id != app_id:
            raise Refused(f"pixel: {app_id} has no pixel {pixel_id[:60]!r}; `signalpost pixel list` shows them")
