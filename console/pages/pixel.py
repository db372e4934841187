"""`/apps/{app_id}/pixels/{pixel_id}`: one pixel, asked whether it works, and set."""

from typing import Any

from pydantic import Field
from starlette.responses import Response

from admin.fingerprints import token_fingerprint
from admin.mappings import standard_events
from admin.pixels import send_test_event, set_pixel, validate_pixel
from admin.users import Role
from console.call import Call
from console.forms import Form, NoFields
from console.page import Act, Done, Page, Snapshots
from console.pages.pixels import KINDS, disable, enable, require_pixel
from console.setting_groups import changed, text_of


class PixelForm(Form):
    name: str = Field("", max_length=200)
    test_event_code: str = Field("", max_length=100)
    consent_categories: str = Field("", max_length=1000)
    send: str = Field("", max_length=20)
    event_names: str = Field("", max_length=20)


class TokenForm(Form):
    secret = frozenset({"token"})

    token: str = Field(min_length=1, max_length=2000)
    unchecked: str = Field("", max_length=10)


class TestForm(Form):
    event: str = Field("ViewContent", max_length=200)


async def show_pixel_page(call: Call, told: dict[str, Any] | None = None, problem: str = "") -> Response:
    """`told` is TikTok's answer to a test event of just now."""
    pixel = await require_pixel(call)
    state = pixel["state"] if pixel["enabled"] else "disabled"
    return call.page(
        "pixel.html",
        title=pixel["name"] or pixel["code"],
        pixel=pixel,
        own={name: text_of(value) for name, value in pixel.items()},
        state=state,
        kind=KINDS[state],
        told=told,
        told_problem=problem,
        events=standard_events(),
    )


async def snapshots(call: Call) -> Snapshots:
    pixel = await require_pixel(call)
    texts = {name: text_of(pixel[name]) for name in PixelForm.model_fields}
    return {
        ("save", ""): texts,
        ("end-test-mode", ""): {"test_event_code": texts["test_event_code"]},
        ("token", ""): {"token": await token_fingerprint(call.session, pixel["pixel_id"])},
    }


async def save(call: Call, form: PixelForm) -> Done:
    pixel = await require_pixel(call)
    assignments = changed(form.model_dump(include=form.model_fields_set), pixel)
    if not assignments:
        return Done(call.request.url.path, "Nothing was changed: it stands so already.")
    await set_pixel(call.session, pixel["pixel_id"], assignments)
    return Done(call.request.url.path, "Saved, and in force.")


async def end_test_mode(call: Call, form: NoFields) -> Done:  # noqa: ARG001
    pixel = await require_pixel(call)
    await set_pixel(call.session, pixel["pixel_id"], {"test_event_code": ""})
    return Done(call.request.url.path, "Events count at TikTok from now on.")


async def renew_token(call: Call, form: TokenForm) -> Done:
    pixel = await require_pixel(call)
    await set_pixel(call.session, pixel["pixel_id"], {"token": form.token}, validate=not form.unchecked)
    return Done(call.request.url.path, "The new token is in use.")


async def validate(call: Call, form: NoFields) -> Response:  # noqa: ARG001
    pixel = await require_pixel(call)
    return await show_pixel_page(call, await validate_pixel(call.session, pixel["pixel_id"]))


async def test(call: Call, form: TestForm) -> Response:
    pixel = await require_pixel(call)
    told, problem = await send_test_event(call.session, pixel["pixel_id"], form.event or "ViewContent")
    return await show_pixel_page(call, told, problem or "")


PAGES = (
    Page(
        "/apps/{app_id}/pixels/{pixel_id}",
        show_pixel_page,
        Role.VIEWER,
        (
            Act("save", PixelForm, save),
            Act("end-test-mode", NoFields, end_test_mode),
            Act("token", TokenForm, renew_token),
            Act("validate", NoFields, validate),
            Act("test", TestForm, test),
            Act("disable", NoFields, disable),
            Act("enable", NoFields, enable),
        ),
        snapshots,
    ),
)
