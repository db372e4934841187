"""Every page as the browser tests open it: a name for its screenshots, and its address. A new page is a line here."""

from typing import Final, NamedTuple


class Seen(NamedTuple):
    name: str
    path: str
    """`{app_id}` is the app of the tests."""
    signed_in: bool = True


HELP: Final = ("launch", "error-codes", "webhooks", "sdk")  # the others are of the same parts

PAGES_TO_SEE: Final = (
    Seen("login", "/login", signed_in=False),
    Seen("first-owner", "/setup?token={setup_token}", signed_in=False),
    Seen("first-owner-used", "/setup?token=used", signed_in=False),
    Seen("all-apps", "/"),
    Seen("app-overview", "/apps/{app_id}"),
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
    Seen("help-outside", "/help/error-codes", signed_in=False),
    Seen("logout", "/logout"),
    Seen("not-there", "/nothing-here"),
    Seen("beyond-the-end", "/audit?page=999"),
)
