"""`/apps/{app_id}/setup`: from nothing to a running ad, step by step; where it stands is read from the ledger."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import Field
from starlette.responses import Response

from admin.apps import set_app
from admin.links import create_link
from admin.mappings import show_mapping
from admin.pixels import send_test_event, validate_pixel
from admin.refusal import Refused
from admin.setup_progress import SetupProgress, begin_waiting, objective_for, setup_progress
from admin.tiktok_accounts import known_advertiser_pixels
from admin.users import Role
from console.call import Call
from console.forms import Form, NoFields
from console.page import Act, Done, Page, Snapshots
from console.pages.pixels import NewPixelForm, add_to, added, options_of, testing
from console.setting_groups import app_texts
from console.verdict_words import METHODS

TITLES: Final = {
    "stores": "App and stores",
    "pixel": "TikTok: connect, or paste a pixel",
    "validate": "Validate the pixel",
    "test": "Send a test event",
    "mapping": "Mapping",
    "links": "Links for the ad",
    "sdk": "Install and events from the app",
    "launch": "Launch checklist",
    "waiting": "First click, install and event",
}
WORDS: Final = {"done": ("done", "good"), "not": ("not yet", "quiet"), "broken": ("broken", "bad")}
OF_FORM: Final = {"stores": "stores", "pixel": "pixel", "validate": "validate", "test": "test", "link": "links"}
PATIENCE: Final = timedelta(seconds=30)
NEWEST_LINKS: Final = 4  # each with its QR code


class StoresForm(Form):
    ios_app_id: str = Field("", max_length=200)
    android_package: str = Field("", max_length=300)


class PixelForm(Form):
    pixel_id: str = Field("", max_length=100)


class LinkForm(Form):
    os: str = Field("", max_length=20)
    slug: str = Field("", max_length=100)


async def show_setup(call: Call) -> Response:
    app_id = call.this_app.app_id
    progress = await setup_progress(call.session, app_id)
    rows = (await show_mapping(call.session, app_id))["rows"]
    targets = [row["target"] for row in rows if row["target"]]
    return call.page(
        "setup.html",
        title="Launch",
        progress=progress,
        steps=[(name, TITLES[name], step, *WORDS[step.state]) for name, step in progress.steps.items()],
        opened=_opened(call, progress),
        done=sum(step.state == "done" for step in progress.steps.values()),
        offered=options_of(await known_advertiser_pixels(call.session, app_id)),
        testing=testing(progress.pixels),
        primary=[row for row in rows if row["primary"]],
        newest_links=NEWEST_LINKS,
        methods=METHODS,
        objective=objective_for(targets),
        trials="StartTrial" in targets,
        missing=_missing(call, progress),
        is_waiting=progress.current == "waiting",
    )


async def snapshots(call: Call) -> Snapshots:
    texts = app_texts(call.this_app)
    return {("stores", ""): {name: texts[name] for name in StoresForm.model_fields}}


def _opened(call: Call, progress: SetupProgress) -> str:
    """The step of a form that was refused, else the one that was asked for, else the next."""
    if call.posted:
        return OF_FORM.get(call.posted.form, progress.current)
    asked = call.asked("step")
    return asked if asked in progress.steps else progress.current


def _missing(call: Call, progress: SetupProgress) -> list[str]:
    """After half a minute: what keeps the first ones from coming, as far as the ledger knows."""
    waiting = progress.waiting
    if waiting is None or waiting.is_over or datetime.now(UTC) - waiting.since < PATIENCE:
        return []
    if not waiting.clicks:
        base = call.session.settings.public_base
        return [f"No click yet: open the link on a phone, or run its test line. It has to reach {base} from outside."]
    if not waiting.install:
        base = call.session.settings.forwarder_base
        return [
            f"Clicks come, no install yet: the app has to reach {base} with its own API key, at its first open.",
            "A wrong key is answered 401, a field that cannot be 422 with its name: look into the app's own log.",
        ]
    return ["Installs come, no other event yet: send one by name, such as sign_up, with the install's id."]


async def set_stores(call: Call, form: StoresForm) -> Done:
    typed = form.model_dump(include=form.model_fields_set)
    if typed:
        await set_app(call.session, call.this_app.app_id, typed)
    return Done(_path(call), "The stores are set.")


async def add(call: Call, form: NewPixelForm) -> Done:
    return Done(_path(call), added(await add_to(call, form)))


async def validate(call: Call, form: PixelForm) -> Done:
    told = await validate_pixel(call.session, await _mine(call, form))
    return Done(_path(call), f"TikTok takes it ({told['code']}: {told['message']}).")


async def test(call: Call, form: PixelForm) -> Done:
    """TikTok's answer stands in the step, whatever it was."""
    await send_test_event(call.session, await _mine(call, form))
    return Done(f"{_path(call)}?step=test#test")


async def _mine(call: Call, form: PixelForm) -> str:
    """The pixel that is named, else the only one."""
    progress = await setup_progress(call.session, call.this_app.app_id)
    ids = [str(pixel["pixel_id"]) for pixel in progress.pixels]
    if form.pixel_id in ids or (ids and not form.pixel_id):
        return form.pixel_id or ids[0]
    raise Refused("pixel_id: is none of this app's that is in use")


async def make_link(call: Call, form: LinkForm) -> Done:
    made = await create_link(call.session, call.this_app.app_id, form.slug, {"os": form.os or "both"})
    return Done(f"{_path(call)}?step=links#links", f"{made['slug']} serves already.")


async def launch(call: Call, form: NoFields) -> Done:  # noqa: ARG001
    await begin_waiting(call.session, call.this_app.app_id)
    return Done(f"{_path(call)}#waiting", "Waiting for what comes in from now on.")


def _path(call: Call) -> str:
    return f"/apps/{call.this_app.app_id}/setup"


ACTS: Final[tuple[Any, ...]] = (
    Act("stores", StoresForm, set_stores),
    Act("pixel", NewPixelForm, add),
    Act("validate", PixelForm, validate),
    Act("test", PixelForm, test),
    Act("link", LinkForm, make_link),
    Act("launch", NoFields, launch),
)
PAGES = (Page("/apps/{app_id}/setup", show_setup, Role.VIEWER, ACTS, snapshots),)
