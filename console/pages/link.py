"""`/apps/{app_id}/links/{slug}`: one Signal link, what to do with it, and what can be set."""

from io import BytesIO
from typing import Final

import segno
from pydantic import Field
from starlette.responses import Response

from admin.links import bare_url, link_settings, set_link
from admin.users import Role
from console.call import Call
from console.forms import Form
from console.page import Act, Done, Page, Snapshots
from console.pages.links import ACTS, FOR, require_link, stores
from console.setting_groups import changed, text_of

# a phone's own words, so that the click counts as a person's and the answer is its store
PHONES: Final = {
    "ios": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148",
    "android": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile "
    "Safari/537.36",
}


class LinkForm(Form):
    os: str = Field("", max_length=20)
    ios_url: str = Field("", max_length=2000)
    android_url: str = Field("", max_length=2000)
    fallback_url: str = Field("", max_length=2000)
    mode: str = Field("", max_length=20)
    bridge_weight: str = Field("", max_length=20)
    utm: str = Field("", max_length=20)
    expires_at: str = Field("", max_length=60)
    click_cap: str = Field("", max_length=20)


async def show_link(call: Call) -> Response:
    link = await require_link(call, call.named("slug"))
    own = await link_settings(call.session, call.this_app.app_id, link["slug"])
    bare = await bare_url(call.session, link["slug"])
    return call.page(
        "link.html",
        title=link["slug"],
        link=link,
        own={name: text_of(value) for name, value in own.items()},
        bare=bare,
        curl=curl_of(link["os"], bare, link["url"]),
        stores=stores(call),
        for_label=FOR[link["os"]],
    )


async def snapshots(call: Call) -> Snapshots:
    own = await link_settings(call.session, call.this_app.app_id, call.named("slug"))
    return {("save", ""): {name: text_of(own[name]) for name in LinkForm.model_fields}}


def curl_of(os: str, bare: str, url: str) -> str:
    """A click as a phone makes it; what TikTok fills in is made up."""
    query = url.partition("?")[2].split("&")[:6]
    filled = "&".join(f"{part.partition('=')[0]}=test" for part in query)
    phone = PHONES["android" if os == "android" else "ios"]
    return f"curl -sS -o /dev/null -w '%{{http_code}} %{{redirect_url}}\\n' -A '{phone}' '{bare}?{filled}&ttclid=test'"


async def save(call: Call, form: LinkForm) -> Done:
    slug = (await require_link(call, call.named("slug")))["slug"]
    own = await link_settings(call.session, call.this_app.app_id, slug)
    assignments = changed(form.model_dump(include=form.model_fields_set), own)
    to = f"/apps/{call.this_app.app_id}/links/{slug}"
    if not assignments:
        return Done(to, "Nothing was changed: it stands so already.")
    await set_link(call.session, slug, assignments)
    return Done(to, "Saved: every redirector serves it so.")


async def show_qr(call: Call) -> Response:
    """Without macros: a scan is no click of TikTok's."""
    slug = (await require_link(call, call.named("slug")))["slug"]
    code = segno.make_qr(await bare_url(call.session, slug), error="m")  # no phone's camera reads a Micro QR code
    drawn = BytesIO()
    code.save(drawn, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False)
    return Response(drawn.getvalue(), media_type="image/svg+xml")


PAGES = (
    Page("/apps/{app_id}/links/{slug}", show_link, Role.VIEWER, (Act("save", LinkForm, save), *ACTS), snapshots),
    Page("/apps/{app_id}/links/{slug}/qr.svg", show_qr, Role.VIEWER),
)
