"""`/apps/{app_id}/sources`: how events get in: from the app itself, and from subscription platforms."""

from typing import Final

from pydantic import Field
from starlette.responses import Response

from admin.apps import set_app
from admin.event_sources import event_sources, newest_of_app, rival_warnings
from admin.fingerprints import app_fingerprints
from admin.users import Role
from console.call import Call
from console.forms import Form, FormErrors
from console.page import Act, Done, Page, Snapshots
from console.setting_groups import REPORTS
from console.snippets import KEY, PLATFORMS, snippets

SECRETS: Final = {
    "revenuecat": "revenuecat_authorization",
    "superwall": "superwall_secret",
    "adapty": "adapty_authorization",
    "stripe": "stripe_signing_secret",
}
_REVENUE: Final = next(field for field in REPORTS.fields if field.name == "revenue_source")


class SecretForm(Form):
    secret = frozenset({"signing_secret"})

    provider: str = Field("", max_length=20)
    signing_secret: str = Field("", max_length=2000)


class ProviderForm(Form):
    provider: str = Field("", max_length=20)


class RevenueForm(Form):
    revenue_source: str = Field("", max_length=20)


async def show_sources(call: Call) -> Response:
    app_id = call.this_app.app_id
    base = call.session.settings.forwarder_base
    return call.page(
        "sources.html",
        title="Sources",
        snippets=snippets(base, app_id),
        key=KEY,
        base=base,
        newest=await newest_of_app(call.session, app_id),
        sources=await event_sources(call.session, app_id),
        platforms=PLATFORMS,
        rivals=await rival_warnings(call.session, app_id),
        revenue=_REVENUE,
    )


async def snapshots(call: Call) -> Snapshots:
    stored = await app_fingerprints(call.session, call.this_app.app_id)
    secrets = {(act, one): {"signing_secret": stored[SECRETS[one]]} for one in SECRETS for act in ("secret", "forget")}
    return {**secrets, ("revenue", ""): {"revenue_source": call.this_app.settings.revenue_source}}


async def set_secret(call: Call, form: SecretForm) -> Done:
    name = _secret_of(form.provider)
    if not form.signing_secret:
        raise FormErrors({"signing_secret": "is needed"})
    await set_app(call.session, call.this_app.app_id, {name: form.signing_secret})
    title = PLATFORMS[form.provider].title
    return Done(
        _at(call, form.provider), f"{title} is connected: a test event from its dashboard shows whether it works."
    )


async def forget_secret(call: Call, form: ProviderForm) -> Done:
    await set_app(call.session, call.this_app.app_id, {_secret_of(form.provider): ""})
    return Done(_at(call, form.provider), f"Nothing is taken from {PLATFORMS[form.provider].title} any more.")


async def set_revenue_source(call: Call, form: RevenueForm) -> Done:
    await set_app(call.session, call.this_app.app_id, {"revenue_source": form.revenue_source})
    return Done(_at(call, "revenue"), "Saved: revenue comes from there, from the next event on.")


def _secret_of(provider: str) -> str:
    if provider not in SECRETS:
        raise FormErrors({"provider": f"must be one of {', '.join(SECRETS)}"})
    return SECRETS[provider]


def _at(call: Call, place: str) -> str:
    return f"/apps/{call.this_app.app_id}/sources#{place}"


PAGES = (
    Page(
        "/apps/{app_id}/sources",
        show_sources,
        Role.VIEWER,
        (
            Act("secret", SecretForm, set_secret),
            Act("forget", ProviderForm, forget_secret),
            Act("revenue", RevenueForm, set_revenue_source),
        ),
        snapshots,
    ),
)
