"""`/apps/{app_id}/installs`: found by an id, an address or a time; one person's erasure."""

from typing import Any
from urllib.parse import quote

from pydantic import Field
from starlette.responses import Response

from admin.clicks import app_clicks_behind, is_address, is_click_id
from admin.erasure import erase_person
from admin.installs import METHODS, InstallFilter, install_page, installs_of
from admin.users import Role
from console.call import Call
from console.columns import Column
from console.erasing import check_typed, what_went
from console.forms import Form
from console.listing import Listing, answer, limit_of
from console.page import Act, Done, Page
from console.verdict_words import METHODS as METHOD_WORDS

COLUMNS = (
    Column("install_id", "Install", "id", href="href"),
    Column("occurred_at", "When", "time"),
    Column("platform", "Platform"),
    Column("method", "Credited by", "state"),
    Column("probability", "Probability", "percent"),
    Column("campaign_name", "Campaign"),
    Column("link", "Link", "code"),
    Column("reason", "Why no click"),
    Column("campaign_id", "Campaign id", "id"),
    Column("click_id", "Click", "id"),
)
CLICK_COLUMNS = (
    Column("click_id", "Click", "id", href="href"),
    Column("clicked_at", "When", "time"),
    Column("platform", "Platform"),
    Column("link", "Link", "code"),
    Column("campaign_name", "Campaign"),
    Column("consumed_by", "Credited install", "id", href="install_href"),
)
KINDS = {"referrer": "good", "click_id": "good", "probabilistic": "good", "pending": "warn"}
FILTERS = ("q", "method", "platform", "link", "since", "until")


class ErasePersonForm(Form):
    external_id: str = Field(min_length=1, max_length=300)
    typed: str = Field("", max_length=20)


async def show_installs(call: Call) -> Response:
    wanted, base = call.asked("q"), f"/apps/{call.this_app.app_id}"
    if is_click_id(wanted):
        return call.go(f"{base}/clicks/{wanted}")
    if is_address(wanted):
        return await _clicks(call, wanted)
    if wanted:
        rows, after = await installs_of(call.session, _filter(call), wanted), None
    else:
        rows, after = await install_page(call.session, _filter(call), limit_of(call), call.asked("after"))
    listing = Listing("installs", COLUMNS, [_row(base, row) for row in rows], next=after)
    return _page(call, listing, "installs")


async def erase(call: Call, form: ErasePersonForm) -> Done:
    check_typed(form.typed)
    gone = await erase_person(call.session, call.this_app.app_id, form.external_id)
    return Done(f"/apps/{call.this_app.app_id}/installs", what_went(gone))


async def _clicks(call: Call, address: str) -> Response:
    base = f"/apps/{call.this_app.app_id}"
    rows = [
        {
            **click,
            "href": f"{base}/clicks/{click['click_id']}",
            "install_href": f"{base}/installs/{quote(click['consumed_by'], safe='')}" if click["consumed_by"] else "",
        }
        for click in await app_clicks_behind(call.session, call.this_app.app_id, address)
    ]
    return _page(call, Listing("clicks", CLICK_COLUMNS, rows), "clicks")


def _page(call: Call, listing: Listing, what: str) -> Response:
    is_filtered = any(call.asked(name) for name in FILTERS)
    shown = {"what": what, "is_filtered": is_filtered, "is_newest": not call.asked("after"), "methods": METHOD_WORDS}
    return answer(call, listing, "installs.html", title="Installs", **shown)


def _filter(call: Call) -> InstallFilter:
    return InstallFilter(
        app_id=call.this_app.app_id,
        method=call.asked("method") or None,
        platform=call.asked("platform") or None,
        link=call.asked("link") or None,
        since=call.time_asked("since"),
        until=call.time_asked("until"),
    )


def _row(base: str, row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "href": f"{base}/installs/{quote(row['install_id'], safe='')}",
        "method_kind": KINDS.get(row["method"], "quiet"),
    }


assert set(METHOD_WORDS) == set(METHODS)  # noqa: S101 - a method without a word would be a hole in the page

PAGES = (
    Page("/apps/{app_id}/installs", show_installs, Role.VIEWER, (Act("erase", ErasePersonForm, erase, Role.OWNER),)),
)
