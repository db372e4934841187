"""Every page as the browser tests open it: a name for its screenshots, and its address. A new page is a line here."""

from typing import Final, NamedTuple


class Seen(NamedTuple):
    name: str
    path: str
    """`{app_id}` is the app of the tests."""
    signed_in: bool = True


HELP: Final = ("launch", "error-codes", "webhooks", "sdk")  # the others are of the same parts
HANDBOOK: Final = ("matching", "operating", "security")  # with figures, code and the widest tables

PAGES_TO_SEE: Final = (
    Seen("login", "/login", signed_in=False),
    Seen("first-owner", "/setup?token={setup_token}", signed_in=False),
    Seen("first-owner-used", "/setup?token=used", signed_in=False),
    Seen("all-apps", "/"),
    Seen("app-overview", "/apps/{app_id}"),
    Seen("app-overview-empty", "/apps/{empty_id}"),
    Seen("app-today", "/apps/{app_id}?range=today"),
    Seen("campaigns", "/apps/{app_id}/campaigns"),
    Seen("campaigns-by-two", "/apps/{app_id}/campaigns?by=day,platform"),
    Seen("campaign", "/apps/{app_id}/campaigns/c1"),
    Seen("adgroup", "/apps/{app_id}/campaigns/c1/g1"),
    Seen("quality", "/apps/{app_id}/quality"),
    Seen("quality-empty", "/apps/{empty_id}/quality"),
    Seen("demo", "/demo"),
    Seen("new-app", "/apps/new"),
    Seen("app-settings", "/apps/{app_id}/settings"),
    Seen("links", "/apps/{app_id}/links"),
    Seen("link", "/apps/{app_id}/links/tea"),
    Seen("pixels", "/apps/{app_id}/pixels"),
    Seen("pixel", "/apps/{app_id}/pixels/{pixel_id}"),
    Seen("mapping", "/apps/{app_id}/mapping"),
    Seen("mapping-of-a-pixel", "/apps/{app_id}/mapping?pixel={pixel_id}"),
    Seen("sources", "/apps/{app_id}/sources"),
    Seen("tiktok", "/tiktok"),
    Seen("tiktok-account", "/apps/{app_id}/tiktok"),
    Seen("launch", "/apps/{app_id}/setup"),
    Seen("launch-links", "/apps/{app_id}/setup?step=links"),
    Seen("launch-checklist", "/apps/{app_id}/setup?step=launch"),
    Seen("launch-waiting", "/apps/{app_id}/setup?step=waiting"),
    Seen("account", "/account"),
    Seen("users", "/users"),
    Seen("audit", "/audit"),
    Seen("audit-empty", "/audit?actor=nobody"),
    Seen("health", "/health"),
    Seen("live", "/apps/{app_id}/live"),
    Seen("live-empty", "/apps/{app_id}/live?kind=click&link=tea"),
    Seen("deliveries", "/apps/{app_id}/deliveries"),
    Seen("deliveries-empty", "/apps/{app_id}/deliveries?code=7"),
    Seen("delivery", "/apps/{app_id}/deliveries/{delivery_id}"),
    Seen("installs", "/apps/{app_id}/installs"),
    Seen("install", "/apps/{app_id}/installs/i1"),
    Seen("help", "/help"),
    *(Seen(f"help-{slug}", f"/help/{slug}") for slug in HELP),
    *(Seen(f"handbook-{name}", f"/help/docs/{name}") for name in HANDBOOK),
    Seen("help-outside", "/help/error-codes", signed_in=False),
    Seen("logout", "/logout"),
    Seen("not-there", "/nothing-here"),
    Seen("beyond-the-end", "/audit?page=999"),
)
