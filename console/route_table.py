"""Every page of the console. A page is a module of `console/pages/` and a line here."""

from types import ModuleType
from typing import Final

from console.page import Page
from console.pages import (
    account,
    all_apps,
    app_overview,
    app_settings,
    audit,
    campaigns,
    deliveries,
    demo,
    first_owner,
    guides,
    handbook,
    health,
    installs,
    link,
    links,
    live,
    login,
    mapping,
    new_app,
    one_click,
    one_delivery,
    one_install,
    pixel,
    pixels,
    quality,
    setup,
    sources,
    tiktok,
    users,
)

MODULES: Final[tuple[ModuleType, ...]] = (
    account,
    all_apps,
    app_overview,
    app_settings,
    audit,
    campaigns,
    deliveries,
    demo,
    first_owner,
    guides,
    handbook,
    health,
    installs,
    link,
    links,
    live,
    login,
    mapping,
    new_app,
    one_click,
    one_delivery,
    one_install,
    pixel,
    pixels,
    quality,
    setup,
    sources,
    tiktok,
    users,
)


def all_pages() -> tuple[Page, ...]:
    """In the order in which paths are tried: `/apps/new` before `/apps/{app_id}`."""
    return tuple(sorted((page for module in MODULES for page in module.PAGES), key=_fixed_first))


def _fixed_first(page: Page) -> list[tuple[bool, str]]:
    return [(part.startswith("{"), part) for part in page.path.split("/")]
