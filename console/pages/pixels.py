"""`/apps/{app_id}/pixels`: where an app's events go at TikTok, and a new one."""

from typing import Any, Final

from pydantic import Field
from starlette.responses import Response

from admin.pixels import PixelToAdd, add_pixel, disable_pixel, list_pixels, set_pixel, show_pixel
from admin.refusal import Refused
from admin.tiktok_accounts import known_advertiser_pixels
from admin.users import Role
from console.call import Call, NotThere
from console.columns import Column
from console.forms import Form, NoFields
from console.listing import Listing, answer
from console.page import Act, Done, Page

COLUMNS: Final = (
    Column("name", "Pixel", href="href"),
    Column("code", "Code", "code"),
    Column("state", "State", "state"),
    Column("token", "Token"),
    Column("test_event_code", "Test code", "code"),
    Column("vbo", "Purchases, 7 days", title="Attributed; 20 in any 7 days unlock value-based bidding"),
    Column("pixel_id", "Id", "id"),
)
KINDS: Final = {"ok": "good", "held": "bad", "unvalidated": "warn", "disabled": "quiet"}


class NewPixelForm(Form):
    secret = frozenset({"token"})

    chosen: str = Field("", max_length=100)
    """One of the ad account's."""
    code: str = Field("", max_length=100)
    token: str = Field("", max_length=2000)
    name: str = Field("", max_length=200)
    test_event_code: str = Field("", max_length=100)
    unchecked: str = Field("", max_length=10)


async def show_pixels(call: Call) -> Response:
    app_id = call.this_app.app_id
    pixels = await list_pixels(call.session, app_id)
    offered = await known_advertiser_pixels(call.session, app_id)
    listing = Listing("pixels", COLUMNS, [_row(pixel) for pixel in pixels])
    return answer(call, listing, "pixels.html", title="Pixels", offered=options_of(offered), testing=testing(pixels))


def options_of(offered: list[dict[str, Any]]) -> list[tuple[str, str]]:
    named = [(one["pixel_code"], f"{one['name'] or 'unnamed'} ({one['pixel_code']})") for one in offered]
    return [*named, ("", "another one, by its code")] if named else []


def testing(pixels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those whose events TikTok does not count at present."""
    return [pixel for pixel in pixels if pixel["test_event_code"] and pixel["enabled"]]


def _row(pixel: dict[str, Any]) -> dict[str, Any]:
    state = pixel["state"] if pixel["enabled"] else "disabled"
    return {
        **pixel,
        "name": pixel["name"] or pixel["code"],
        "href": f"/apps/{pixel['app_id']}/pixels/{pixel['pixel_id']}",
        "state": state,
        "state_kind": KINDS[state],
        "vbo": f"{pixel['vbo']['purchases_7d']} of {pixel['vbo']['needed']}",
    }


async def add(call: Call, form: NewPixelForm) -> Done:
    made = await add_to(call, form)
    return Done(f"/apps/{call.this_app.app_id}/pixels/{made['pixel_id']}", added(made))


async def add_to(call: Call, form: NewPixelForm) -> dict[str, str]:
    given = PixelToAdd(call.this_app.app_id, form.chosen or form.code, form.token, form.name, form.test_event_code)
    return await add_pixel(call.session, given, validate=not form.unchecked)


def added(made: dict[str, str]) -> str:
    if made["state"] == "ok":
        return "TikTok takes events for this pixel. It is in use."
    return "The pixel is in use, and nobody has asked TikTok about it yet: validate it."


async def require_pixel(call: Call) -> dict[str, Any]:
    """The pixel of the path.

    Raises:
        NotThere: the app has none such.
    """
    try:
        return await show_pixel(call.session, call.this_app.app_id, call.named("pixel_id"))
    except Refused:
        way_on = f"/apps/{call.this_app.app_id}/pixels"
        sentence = f"{call.this_app.name} has no pixel {call.named('pixel_id')[:64]}."
        raise NotThere(sentence, way_on, "Show its pixels") from None


async def disable(call: Call, form: NoFields) -> Done:  # noqa: ARG001
    pixel = await require_pixel(call)
    await disable_pixel(call.session, pixel["pixel_id"])
    return Done(call.request.url.path, "Nothing is sent to this pixel from now on.")


async def enable(call: Call, form: NoFields) -> Done:  # noqa: ARG001
    pixel = await require_pixel(call)
    await set_pixel(call.session, pixel["pixel_id"], {"enabled": "true"})
    return Done(call.request.url.path, "Events are sent to this pixel again.")


PAGES = (Page("/apps/{app_id}/pixels", show_pixels, Role.VIEWER, (Act("add", NewPixelForm, add),)),)
