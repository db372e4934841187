"""`/apps/{app_id}/mapping`: which of TikTok's events each of an app's becomes, and what fills its fields."""

from typing import Any, Final

from pydantic import ConfigDict, Field
from starlette.responses import Response

from admin.mappings import (
    list_presets,
    map_events,
    map_fields,
    payload_fields,
    show_mapping,
    standard_events,
    use_preset,
    warnings_of,
)
from admin.pixels import list_pixels
from admin.refusal import Refused
from admin.users import Role
from console.call import Call, NotThere
from console.forms import Form, FormErrors
from console.page import Act, Done, Page, Snapshots

ROW: Final = "to."  # in front of the source event: the field of its row
MOST_CHARS: Final = 100


class RowsForm(Form):
    """A field per row, beside a row that is added."""

    model_config = ConfigDict(extra="allow")

    source: str = Field("", max_length=MOST_CHARS)
    target: str = Field("", max_length=MOST_CHARS)


class PresetForm(Form):
    preset: str = Field("", max_length=MOST_CHARS)
    reset: str = Field("", max_length=10)


class FieldForm(Form):
    field: str = Field("", max_length=MOST_CHARS)
    paths: str = Field("", max_length=1000)


async def show_mapping_page(call: Call) -> Response:
    app_id, pixel_id = call.this_app.app_id, call.asked("pixel")
    pixels = await list_pixels(call.session, app_id)
    if pixel_id and pixel_id not in {pixel["pixel_id"] for pixel in pixels}:
        raise NotThere(f"{call.this_app.name} has no pixel {pixel_id[:64]}.", f"/apps/{app_id}/mapping", "Its mapping")
    mapping = await show_mapping(call.session, app_id, pixel_id)
    whole = await show_mapping(call.session, app_id) if pixel_id else mapping
    return call.page(
        "mapping.html",
        title="Mapping",
        rows=_rows(mapping, whole),
        fields=mapping["fields"],
        pixels=[("", "every pixel"), *((one["pixel_id"], one["name"] or one["code"]) for one in pixels)],
        pixel_id=pixel_id,
        presets=list_presets(),
        events=standard_events(),
        payload_fields=payload_fields(),
    )


async def snapshots(call: Call) -> Snapshots:
    mapping = await show_mapping(call.session, call.this_app.app_id, call.asked("pixel"))
    rows = {ROW + row["source"]: row["target"] for row in mapping["rows"]}
    fields = {one["field"]: ", ".join(one["sources"]) for one in mapping["fields"]}
    return {("rows", ""): rows, ("preset", ""): rows, ("field", ""): fields}


def _rows(mapping: dict[str, Any], whole: dict[str, Any]) -> list[dict[str, Any]]:
    """With what to know of each: a warning, and where a pixel's own row stands in front of the app's."""
    warnings = warnings_of(mapping["rows"])
    of_app = {row["source"]: row["target"] for row in whole["rows"]}
    return [
        {
            **row,
            "warning": warnings.get(row["source"], ""),
            "is_own": of_app.get(row["source"], "") != row["target"],
            "of_app": of_app.get(row["source"], ""),
        }
        for row in mapping["rows"]
    ]


async def save_rows(call: Call, form: RowsForm) -> Done:
    pixel_id = call.asked("pixel")
    present = await show_mapping(call.session, call.this_app.app_id, pixel_id)
    targets = {row["source"]: row["target"] for row in present["rows"]}
    typed = {
        name.removeprefix(ROW): str(text).strip()
        for name, text in (form.model_extra or {}).items()
        if name.startswith(ROW)
    }
    changes = {source: target for source, target in typed.items() if target != targets.get(source, "")}
    _check_length(changes)
    if form.source:
        changes[form.source] = form.target
    elif form.target:
        raise FormErrors({"source": "is needed: the name under which the app sends the event"})
    if not changes:
        return Done(_here(call), "Nothing was changed: it stands so already.")
    await map_events(call.session, call.this_app.app_id, pixel_id, changes)
    return Done(_here(call), "Saved: in force for the next event.")


def _check_length(changes: dict[str, str]) -> None:
    """Raises:
    FormErrors: a target cannot be the name of an event.
    """
    wrong = {
        ROW + source: f"must be at most {MOST_CHARS} printable characters"
        for source, target in changes.items()
        if len(target) > MOST_CHARS or not target.isprintable()
    }
    if wrong:
        raise FormErrors(wrong)


async def load_preset(call: Call, form: PresetForm) -> Done:
    await use_preset(call.session, call.this_app.app_id, call.asked("pixel"), form.preset, bool(form.reset))
    return Done(_here(call), "The preset is loaded: in force for the next event.")


async def save_field(call: Call, form: FieldForm) -> Done:
    """No path clears the field."""
    try:
        await map_fields(call.session, call.this_app.app_id, call.asked("pixel"), {form.field: form.paths})
    except Refused as error:
        if error.field == form.field:  # it names the payload's field; on the form that is what was typed as paths
            raise FormErrors({"paths": str(error).partition(":")[2].strip()}) from None
        raise
    done = f"{form.field} is filled from {form.paths}." if form.paths else f"{form.field} is filled as by default."
    return Done(_here(call) + "#fields", done)


def _here(call: Call) -> str:
    pixel_id = call.asked("pixel")
    return f"/apps/{call.this_app.app_id}/mapping" + (f"?pixel={pixel_id}" if pixel_id else "")


PAGES = (
    Page(
        "/apps/{app_id}/mapping",
        show_mapping_page,
        Role.VIEWER,
        (Act("rows", RowsForm, save_rows), Act("preset", PresetForm, load_preset), Act("field", FieldForm, save_field)),
        snapshots,
    ),
)
