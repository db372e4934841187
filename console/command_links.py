"""Sentences of acts name a command as the way out; on a page it is a link to where the same is done with a form.

The one place that knows which page does what a command does. What is not here stays a command: it is about processes,
about files of the machine, or has no page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

PROGRAM: Final = "signalpost "
APP: Final = "/apps/{app_id}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page does what a command does."""

    path: str
    """As the route table has it."""
    label: str
    """What the link is called, within a sentence."""
    anchor: str = ""
    named: str = ""
    """The part of the path that the command names by itself; without it the place is `listed`."""
    listed: str = ""


@dataclass(frozen=True, slots=True)
class CommandLink:
    href: str
    label: str
    path: str
    """Of the route table: who may see it is asked there."""


_LINKS: Final = f"{APP}/links"
_PIXELS: Final = f"{APP}/pixels"
_TIKTOK: Final = f"{APP}/tiktok"
_OF_LINK: Final = Place(f"{_LINKS}/{{slug}}", "the link's page", named="slug", listed=_LINKS)
_OF_PIXEL: Final = Place(f"{_PIXELS}/{{pixel_id}}", "the pixel's page", named="pixel_id", listed=_PIXELS)

PLACES: Final[Mapping[str, Place]] = {
    "app list": Place("/", "the list of apps"),
    "app create": Place("/apps/new", "a new app"),
    "app show": Place(f"{APP}/settings", "Settings"),
    "app set": Place(f"{APP}/settings", "Settings"),
    "app rotate-key": Place(f"{APP}/settings", "Settings", "danger"),
    "link list": Place(_LINKS, "Links"),
    "link create": Place(_LINKS, "Links"),
    "link show": _OF_LINK,
    "link set": _OF_LINK,
    "pixel list": Place(_PIXELS, "Pixels"),
    "pixel add": Place(_PIXELS, "Pixels", "add"),
    "pixel set": _OF_PIXEL,
    "pixel validate": _OF_PIXEL,
    "pixel test": _OF_PIXEL,
    "mapping set": Place(f"{APP}/mapping", "Mapping"),
    "mapping preset": Place(f"{APP}/mapping", "Mapping"),
    "mapping show": Place(f"{APP}/mapping", "Mapping"),
    "mapping field": Place(f"{APP}/mapping", "Mapping", "fields"),
    "tiktok connect": Place(_TIKTOK, "the TikTok page"),
    "tiktok status": Place(_TIKTOK, "the TikTok page"),
    "tiktok advertisers": Place(_TIKTOK, "the ad accounts", "advertisers"),
    "tiktok use": Place(_TIKTOK, "the ad accounts", "advertisers"),
    "tiktok pixels": Place(_TIKTOK, "the pixels of the ad account", "pixels"),
    "tiktok sync": Place(_TIKTOK, "Read now", "spend"),
    "tiktok check": Place(_TIKTOK, "its campaigns", "campaigns"),
    "tiktok prerequisites": Place(_TIKTOK, "the TikTok page", "prerequisites"),
    "user list": Place("/users", "Users"),
    "user create": Place("/users", "Users"),
    "delivery list": Place(f"{APP}/deliveries", "Deliveries"),
    "delivery replay": Place(f"{APP}/deliveries", "Deliveries"),
    "match explain": Place(f"{APP}/installs", "Installs"),
    "doctor": Place("/health", "Health"),
}
WITHOUT_PLACE: Final[Mapping[str, str]] = {
    "up": "starts the processes",
    "run": "starts a process",
    "migrate": "runs where the processes of the new version are",
    "match backtest": "reads files of the machine",
    "webhook list": "bodies of platforms are for the command line",
    "ledger partition": "goes on for hours, and there is no way back",
    "reencrypt": "SECRET_KEY is set where the processes run",
    "report": "counts anew, which takes minutes",
}
_GROUPS: Final = {
    "timezone": "reports", "currency": "reports", "revenue_source": "reports", "ios_app_id": "app", "name": "app",
    "android_package": "app", "fallback_url": "app", "domains": "hosts", "app_schemes": "hosts",
}  # fmt: skip


def link_of(command: str, app_id: str) -> CommandLink | None:
    """Where a page does it; None where none does. `app_id` is the app that is looked at, empty = none."""
    words = command.removeprefix(PROGRAM).split()
    place = PLACES.get(" ".join(words[:2])) or PLACES.get(words[0]) if command.startswith(PROGRAM) and words else None
    if place is None:
        return None
    rest = words[2:]
    path, names = place.path, {"app_id": _app_of(words, rest) or app_id}
    if place.named:
        names[place.named] = next((word for word in rest if _is_name(word)), "")
        path = place.path if names[place.named] else place.listed
    if "{app_id}" in path and not names["app_id"]:
        return None
    anchor = _GROUPS.get(rest[-1].partition("=")[0], "") if words[1:2] == ["set"] and rest else ""
    href = path.format_map({name: quote(text, safe="") for name, text in names.items()})
    return CommandLink(href + (f"#{found}" if (found := place.anchor or anchor) else ""), place.label, path)


def _app_of(words: list[str], rest: list[str]) -> str:
    """The app that the command names: by its option, or as what it is about."""
    about = rest[0] if words[0] == "app" and rest else ""
    named = rest[rest.index("--app") + 1] if "--app" in rest[:-1] else about
    return named if _is_name(named) and named != "ID" else ""


def _is_name(word: str) -> bool:
    return bool(word) and not word.startswith(("-", ".")) and "=" not in word and word.replace("_", "").isalnum()
