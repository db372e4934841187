"""`/tiktok` and `/apps/{app_id}/tiktok`: the ad account of each app, connected or not, and why."""

from typing import Any, Final

from pydantic import Field
from starlette.responses import RedirectResponse, Response

from admin.apps import list_apps
from admin.connection_health import connection_status
from admin.prerequisites import check_prerequisites
from admin.refusal import Refused
from admin.spend import DayRange, check_app
from admin.spend_reads import ask_for_spend, spend_read
from admin.spend_state import spend_state
from admin.tiktok_accounts import (
    begin_connect,
    disconnect,
    known_advertiser_pixels,
    known_advertisers,
    list_advertiser_pixels,
    use_advertiser,
)
from admin.times import parse_day
from admin.users import Role
from console.call import Call
from console.columns import Column
from console.forms import Form, NoFields
from console.listing import Listing, answer
from console.page import Act, Done, Page, Snapshots
from console.setting_groups import text_of

KINDS: Final = {"green": "good", "red": "bad", "off": "quiet"}
WORDS: Final = {"green": "connected", "red": "broken", "off": "not connected"}
COLUMNS: Final = (
    Column("name", "App", href="href"),
    Column("state", "Connection", "state"),
    Column("reason", "Why"),
    Column("advertiser_name", "Ad account"),
    Column("advertiser_id", "Its id", "id"),
    Column("pulled_at", "Spend read", "time"),
    Column("days", "Days read", "count"),
)


class UseForm(Form):
    advertiser: str = Field("", max_length=60)


class SyncForm(Form):
    first: str = Field("", max_length=20)
    last: str = Field("", max_length=20)


async def show_accounts(call: Call) -> Response:
    rows = [await _row(call, app) for app in await list_apps(call.session)]
    return answer(call, Listing("tiktok", COLUMNS, rows), "tiktok_accounts.html", title="TikTok accounts")


async def _row(call: Call, app: dict[str, Any]) -> dict[str, Any]:
    status = await connection_status(call.session, app["app_id"])
    state = await spend_state(call.session, app["app_id"]) or {}
    return {
        "name": app["name"],
        "href": f"/apps/{app['app_id']}/tiktok",
        "state": WORDS[status["health"]],
        "state_kind": KINDS[status["health"]],
        "reason": status["reason"] if status["health"] != "off" else "",
        "advertiser_name": status["advertiser_name"],
        "advertiser_id": status["advertiser_id"],
        "pulled_at": state.get("pulled_at"),
        "days": state.get("days"),
    }


async def show_account(call: Call, prerequisites: list[dict[str, Any]] | None = None) -> Response:
    """`prerequisites` as TikTok was just asked for them."""
    app_id = call.this_app.app_id
    status = await connection_status(call.session, app_id)
    advertisers = await known_advertisers(call.session, app_id)
    return call.page(
        "tiktok_account.html",
        title="TikTok",
        connection=status,
        word=WORDS[status["health"]],
        kind=KINDS[status["health"]],
        advertisers=advertisers,
        chosen=next((one for one in advertisers if one["selected"]), None),
        pixels=await known_advertiser_pixels(call.session, app_id),
        spend=await spend_state(call.session, app_id),
        sync=await spend_read(call.session, app_id),
        warnings=await campaign_warnings(call, status),
        prerequisites=prerequisites,
    )


async def snapshots(call: Call) -> Snapshots:
    """Of the choice, and of the login that is behind it."""
    status = await connection_status(call.session, call.this_app.app_id)
    chosen = {"advertiser": text_of(status["advertiser_id"])}
    known = await known_advertisers(call.session, call.this_app.app_id)
    ways = {("use", one["advertiser_id"]): chosen for one in known}
    return {**ways, ("disconnect", ""): {**chosen, "connected_at": text_of(status["connected_at"])}}


async def campaign_warnings(call: Call, status: dict[str, Any]) -> list[dict[str, Any]]:
    """By what was last read of the campaigns; none where no ad account is chosen."""
    if status["advertiser_id"] is None or status["health"] == "off":
        return []
    try:
        return await check_app(call.session, call.this_app.app_id)
    except Refused:
        return []  # disconnected meanwhile: the page says so


async def connect(call: Call) -> Response:
    """A link and no form: form-action would stop the redirect to another site without a word."""
    url = (await begin_connect(call.session, call.this_app.app_id))["url"]
    return RedirectResponse(url, 303, {"Referrer-Policy": "no-referrer"})


async def choose(call: Call, form: UseForm) -> Done:
    chosen = await use_advertiser(call.session, call.this_app.app_id, form.advertiser)
    return Done(_path(call), f"Spend is read from {chosen['name'] or chosen['advertiser_id']} from now on.")


async def read_again(call: Call, form: NoFields) -> Done:  # noqa: ARG001
    pixels = await list_advertiser_pixels(call.session, call.this_app.app_id)
    return Done(
        _path(call), f"Ad accounts and {call.numbers().counted(len(pixels), 'pixel')}, as TikTok lists them now."
    )


async def look(call: Call, form: NoFields) -> Response:  # noqa: ARG001
    return await show_account(call, await check_prerequisites(call.session, call.this_app.app_id))


async def sync(call: Call, form: SyncForm) -> Done:
    asked = DayRange(parse_day("first", form.first), parse_day("last", form.last))
    began = await ask_for_spend(call.session, call.this_app.app_id, asked)
    call.console.syncs.begin(call.this_app.app_id)
    said = "Spend is being read. You may leave this page." if began else "Spend is being read already."
    return Done(_path(call) + "#spend", said)


async def end(call: Call, form: NoFields) -> Done:  # noqa: ARG001
    await disconnect(call.session, call.this_app.app_id)
    return Done(_path(call), "Disconnected. Pixels keep their own tokens, and what was read stays.")


def _path(call: Call) -> str:
    return f"/apps/{call.this_app.app_id}/tiktok"


PAGES = (
    Page("/tiktok", show_accounts),
    Page(
        "/apps/{app_id}/tiktok",
        show_account,
        Role.VIEWER,
        (
            Act("use", UseForm, choose),
            Act("read-again", NoFields, read_again),
            Act("look", NoFields, look),
            Act("sync", SyncForm, sync),
            Act("disconnect", NoFields, end),
        ),
        snapshots,
    ),
    Page("/apps/{app_id}/tiktok/connect", connect, Role.EDITOR),
)
