"""`/apps/{app_id}/settings`: every setting of an app, and its API key."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from pydantic import Field, create_model
from starlette.responses import Response

from admin.apps import KEPT_AT_MOST_HOURS, rotate_key, set_app, show_app
from admin.fingerprints import app_fingerprints
from admin.users import Role
from console.call import Call
from console.forms import Form, FormErrors
from console.page import Act, Done, Page, Snapshots
from console.setting_groups import GROUPS, SettingGroup, app_texts, changed, text_of
from console.snapshots import with_snapshots

MOST_CHARS: Final = 4000


class RotateForm(Form):
    name: str = Field("", max_length=200)
    """Of the app, typed by whoever means it."""
    keep_old_for: int = Field(0, ge=0, le=KEPT_AT_MOST_HOURS)
    """Hours."""


async def show_settings(call: Call, api_key: str = "") -> Response:
    shown = await show_app(call.session, call.this_app.app_id)
    values = {name: text_of(value) for name, value in _present(shown).items()}
    return call.page("app_settings.html", title="Settings", groups=GROUPS, values=values, shown=shown, api_key=api_key)


async def snapshots(call: Call) -> Snapshots:
    texts = app_texts(call.this_app)
    groups = {(group.name, ""): {one.name: texts[one.name] for one in group.fields} for group in GROUPS}
    api_key = (await app_fingerprints(call.session, call.this_app.app_id))["api_key"]
    return {**groups, ("rotate", ""): {"api_key": api_key}}


def form_of(group: SettingGroup) -> type[Form]:
    fields: dict[str, Any] = {one.name: (str, Field("", max_length=MOST_CHARS)) for one in group.fields}
    return create_model(f"{group.title}Form", __base__=Form, **fields)


def _saves(group: SettingGroup) -> "Callable[[Call, Form], Awaitable[Done]]":
    async def save(call: Call, form: Form) -> Done:
        app_id = call.this_app.app_id
        present = _present(await show_app(call.session, app_id))
        assignments = changed(form.model_dump(include=form.model_fields_set), present)
        to = f"/apps/{app_id}/settings#{group.name}"
        if not assignments:
            return Done(to, "Nothing was changed: it stands so already.")
        await set_app(call.session, app_id, assignments)
        return Done(to, f"{group.title}: saved, and in force.")

    return save


def _present(shown: dict[str, Any]) -> dict[str, Any]:
    return {"name": shown["name"], **shown["settings"]}


async def rotate(call: Call, form: RotateForm) -> Response:
    """The new key stands on this one page."""
    if form.name != call.this_app.name:
        raise FormErrors({"name": f"type the app's name, {call.this_app.name}, to show that you mean it"})
    renewed = await rotate_key(call.session, call.this_app.app_id, form.keep_old_for)
    return await show_settings(await with_snapshots(PAGES[0], call), renewed["api_key"])


PAGES = (
    Page(
        "/apps/{app_id}/settings",
        show_settings,
        Role.VIEWER,
        (*(Act(group.name, form_of(group), _saves(group)) for group in GROUPS), Act("rotate", RotateForm, rotate)),
        snapshots,
    ),
)
