"""The map: which place each page has. A page that is not in the route table, or not for this role, has no link."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from admin.users import Role
from console.page import Page


@dataclass(frozen=True, slots=True)
class Place:
    """A link of the navigation."""

    path: str
    label: str
    key: str
    """`g` and then this letter leads there."""


@dataclass(frozen=True, slots=True)
class Link:
    """A place as it is shown."""

    href: str
    label: str
    key: str
    is_here: bool


OF_AN_APP: Final = (
    (
        "Results",
        (
            Place("/apps/{app_id}", "Overview", "o"),
            Place("/apps/{app_id}/campaigns", "Campaigns", "c"),
            Place("/apps/{app_id}/quality", "Quality", "q"),
        ),
    ),
    (
        "What happens",
        (
            Place("/apps/{app_id}/live", "Live", "l"),
            Place("/apps/{app_id}/deliveries", "Deliveries", "d"),
            Place("/apps/{app_id}/installs", "Installs", "i"),
        ),
    ),
    (
        "Set-up",
        (
            Place("/apps/{app_id}/setup", "Launch", "s"),
            Place("/apps/{app_id}/links", "Links", "k"),
            Place("/apps/{app_id}/tiktok", "TikTok", "w"),
            Place("/apps/{app_id}/pixels", "Pixels", "p"),
            Place("/apps/{app_id}/mapping", "Mapping", "m"),
            Place("/apps/{app_id}/sources", "Sources", "e"),
            Place("/apps/{app_id}/settings", "Settings", "t"),
        ),
    ),
)
OF_ALL: Final = (
    Place("/", "All apps", "a"),
    Place("/apps/new", "New app", "n"),
    Place("/tiktok", "TikTok accounts", "b"),
    Place("/users", "Users", "u"),
    Place("/audit", "Audit log", "g"),
    Place("/health", "Health", "h"),
    Place("/help", "Help", "r"),
)


@dataclass(frozen=True, slots=True)
class Navigation:
    """What the side of a page shows."""

    of_app: tuple[tuple[str, tuple[Link, ...]], ...]
    """Group -> links; empty where the page is no app's."""
    of_all: tuple[Link, ...]


def navigation(pages: Iterable[Page], role: Role, here: str, app_id: str) -> Navigation:
    """The places that exist and may be seen; `here` is the path that is looked at."""
    seen = {page.path for page in pages if page.role is None or role.may(page.role)}
    groups = ((title, _links(places, seen, here, app_id)) for title, places in OF_AN_APP)
    return Navigation(
        tuple((title, links) for title, links in groups if links) if app_id else (),
        _links(OF_ALL, seen, here, app_id),
    )


def _links(places: Iterable[Place], seen: set[str], here: str, app_id: str) -> tuple[Link, ...]:
    return tuple(
        Link(href, place.label, place.key, _is_here(href, here, place.path))
        for place in places
        if place.path in seen
        for href in (place.path.replace("{app_id}", app_id),)
    )


def _is_here(href: str, here: str, path: str) -> bool:
    """A page below is a part of it; an app's overview and the list of apps have none below them."""
    if path in ("/", "/apps/{app_id}"):
        return href == here
    return here == href or here.startswith(href + "/")
