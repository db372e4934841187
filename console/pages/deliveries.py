"""`/apps/{app_id}/deliveries`: what TikTok said of each event, and sending what is dead again."""

from dataclasses import asdict, replace
from typing import Any

from pydantic import Field
from starlette.responses import Response

from admin.deliveries import STATES, DeliveryFilter, delivery_page, meaning_of
from admin.pixels import list_pixels
from admin.refusal import Refused
from admin.replays import progress, send_again, send_dead_again
from admin.users import Role
from console.call import Call, NotThere
from console.columns import Column
from console.forms import Form
from console.listing import Listing, answer, limit_of
from console.page import Act, Done, Page

COLUMNS = (
    Column("delivery_id", "Id", "id"),
    Column("source_event", "Event"),
    Column("target_event", "Sent as"),
    Column("state", "State", "state"),
    Column("reason", "Reason"),
    Column("created_at", "When", "time"),
    Column("attempts", "Attempts", "count"),
    Column("last_code", "TikTok's code", "code"),
    Column("last_message", "TikTok's words"),
    Column("meaning", "Meaning"),
    Column("remedy", "What to do"),
    Column("next_attempt_at", "Next attempt", "time"),
    Column("delivered_at", "Delivered", "time"),
    Column("install_id", "Install", "id"),
    Column("pixel_id", "Pixel", "id"),
    Column("event_id", "Event id as sent", "id"),
    Column("request_id", "TikTok's request id", "id"),
)
KINDS = {"delivered": "good", "due": "quiet", "sending": "quiet", "held": "warn", "dead": "bad"}


class SendAgainForm(Form):
    ids: str = Field("", max_length=200_000)
    """A line each."""
    force: bool = False


class SendAllAgainForm(Form):
    force: bool = False


async def show_deliveries(call: Call) -> Response:
    wanted = wanted_of(call)
    found = await delivery_page(call.session, wanted, limit_of(call), call.asked("after"))
    pixels = {pixel["pixel_id"]: pixel["name"] or pixel["code"] for pixel in await _pixels(call)}
    listing = Listing("deliveries", COLUMNS, [_row(call, item) for item in found.items], next=found.next)
    shown = {"pixels": pixels, "states": STATES, "is_newest": not call.asked("after")}
    return answer(call, listing, "deliveries.html", title="Deliveries", is_filtered=_is_filtered(call), **shown)


def wanted_of(call: Call) -> DeliveryFilter:
    """The filter of the URL."""
    code = call.asked("code")
    if code and not (code.isascii() and code.isdigit() and len(code) < 10):
        raise Refused(f"code: must be a number of TikTok's such as 40002, not {code[:20]!r}")
    return DeliveryFilter(
        state=call.asked("state") or None,
        app_id=call.this_app.app_id,
        pixel_id=call.asked("pixel") or None,
        event=call.asked("event") or None,
        since=call.time_asked("since"),
        until=call.time_asked("until"),
        code=int(code) if code else None,
    )


async def again(call: Call, form: SendAgainForm) -> Done:
    replay_id = await send_again(call.session, call.this_app.app_id, form.ids.split(), form.force)
    return Done(f"/apps/{call.this_app.app_id}/deliveries/again/{replay_id}")


async def all_again(call: Call, form: SendAllAgainForm) -> Done:
    wanted = replace(wanted_of(call), state="dead")
    replay_id = await send_dead_again(call.session, call.this_app.app_id, wanted, form.force)
    return Done(f"/apps/{call.this_app.app_id}/deliveries/again/{replay_id}")


async def show_progress(call: Call) -> Response:
    found = await progress(call.session, call.this_app.app_id, call.named("replay_id"))
    if found is None:
        back = f"/apps/{call.this_app.app_id}/deliveries"
        raise NotThere("Nothing was sent again under this number. It is kept for 30 days.", back, "Show deliveries")
    return call.page("replay.html", title="Sent again", replay=found, kinds=KINDS)


async def _pixels(call: Call) -> list[dict[str, Any]]:
    return await list_pixels(call.session, call.this_app.app_id)


def _is_filtered(call: Call) -> bool:
    return any(call.asked(name) for name in ("state", "event", "pixel", "code", "since", "until"))


def _row(call: Call, item: Any) -> dict[str, Any]:
    meaning, remedy = meaning_of(item.last_code, item.last_message)
    base = f"/apps/{call.this_app.app_id}"
    return {
        **asdict(item),
        "state_kind": KINDS.get(item.state, "quiet"),
        "meaning": meaning,
        "remedy": remedy,
        "href": f"{base}/deliveries/{item.delivery_id}",
    }


PAGES = (
    Page(
        "/apps/{app_id}/deliveries",
        show_deliveries,
        Role.VIEWER,
        (Act("again", SendAgainForm, again), Act("all-again", SendAllAgainForm, all_again)),
    ),
    Page("/apps/{app_id}/deliveries/again/{replay_id}", show_progress, Role.VIEWER),
)
