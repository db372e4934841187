"""`/apps/{app_id}/links`: every Signal link of an app, newest first, and a new one."""

from typing import Any, Final

from pydantic import Field
from starlette.responses import Response

from admin.links import create_link, disable_link, list_links, set_link
from admin.users import Role
from console.call import Call, NotThere
from console.columns import Column
from console.forms import Form
from console.listing import Listing, answer, paging_of
from console.page import Act, Done, Page

COLUMNS: Final = (
    Column("slug", "Link", "code", href="href"),
    Column("for", "For"),
    Column("state", "State", "state"),
    Column("mode", "Way"),
    Column("ios_url", "iPhones go to"),
    Column("android_url", "Android phones go to"),
    Column("fallback_url", "Others go to"),
    Column("url", "URL for the ad"),
)
FOR: Final = {"both": "both", "ios": "iPhone", "android": "Android"}


class NewLinkForm(Form):
    slug: str = Field("", max_length=100)
    os: str = Field("both", max_length=20)
    bridge: str = Field("", max_length=10)


class SlugForm(Form):
    slug: str = Field(max_length=100)


async def show_links(call: Call) -> Response:
    links = await list_links(call.session, call.this_app.app_id)
    kept = [link for link in reversed(links) if _fits(link, call.asked("q"))]
    paging = paging_of(call, len(kept))
    rows = [_row(link) for link in kept[paging.offset : paging.offset + paging.size]]
    listing = Listing("links", COLUMNS, rows, paging)
    return answer(call, listing, "links.html", title="Links", stores=stores(call), of=len(links))


def _fits(link: dict[str, Any], wanted: str) -> bool:
    """The search looks at the slug and at where it leads."""
    texts = (link[name] or "" for name in ("slug", "ios_url", "android_url", "fallback_url"))
    return any(wanted.strip().casefold() in text.casefold() for text in texts)


def stores(call: Call) -> dict[str, bool]:
    """Which stores the app is in."""
    settings = call.this_app.settings
    return {"ios": bool(settings.ios_app_id), "android": bool(settings.android_package)}


def _row(link: dict[str, Any]) -> dict[str, Any]:
    return {
        **link,
        "href": f"/apps/{link['app_id']}/links/{link['slug']}",
        "for": FOR[link["os"]],
        "state": "enabled" if link["enabled"] else "disabled",
        "state_kind": "good" if link["enabled"] else "quiet",
    }


async def create(call: Call, form: NewLinkForm) -> Done:
    given = {"os": form.os or "both", "mode": "bridge" if form.bridge else "redirect"}
    made = await create_link(call.session, call.this_app.app_id, form.slug, given)
    return Done(f"/apps/{call.this_app.app_id}/links/{made['slug']}", "The link is there, and serves already.")


async def disable(call: Call, form: SlugForm) -> Done:
    await require_link(call, form.slug)
    await disable_link(call.session, form.slug)
    return Done(f"/apps/{call.this_app.app_id}/links/{form.slug}", f"{form.slug} answers 404 from now on.")


async def enable(call: Call, form: SlugForm) -> Done:
    await require_link(call, form.slug)
    await set_link(call.session, form.slug, {"enabled": "true"})
    return Done(f"/apps/{call.this_app.app_id}/links/{form.slug}", f"{form.slug} serves again.")


async def require_link(call: Call, slug: str) -> dict[str, Any]:
    """The link as it is served.

    Raises:
        NotThere: the app has none such.
    """
    for link in await list_links(call.session, call.this_app.app_id):
        if link["slug"] == slug:
            return link
    raise NotThere(
        f"{call.this_app.name} has no link {slug[:64]}.", f"/apps/{call.this_app.app_id}/links", "Show its links"
    )


ACTS: Final = (Act("disable", SlugForm, disable), Act("enable", SlugForm, enable))
PAGES = (Page("/apps/{app_id}/links", show_links, Role.VIEWER, (Act("create", NewLinkForm, create), *ACTS)),)
