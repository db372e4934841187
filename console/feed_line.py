"""One line of the live feed as HTML: rendered once for all who read numbers alike."""

from functools import lru_cache
from typing import Final
from urllib.parse import quote

from markupsafe import Markup

from admin.feed_items import FeedItem
from console.numbers import Numbers
from console.rendering import render
from console.verdict_words import METHODS

KINDS: Final = {
    "credited": "good",
    "delivered": "good",
    "refused": "bad",
    "retried": "warn",
    "waiting": "warn",
    "no click": "quiet",
}
KEPT: Final = 512


@lru_cache(maxsize=KEPT)
def line(item: FeedItem, app_id: str, numbers: Numbers) -> Markup:
    base = f"/apps/{app_id}"
    install_id = item.about.get("install_id") if item.about.get("platform") else None  # else it is not known yet
    shown = {
        "item": item,
        "about": item.about,
        "numbers": numbers,
        "base": base,
        "install_href": f"{base}/installs/{quote(install_id, safe='')}" if install_id else "",
        "state_kind": KINDS.get(item.state, "quiet"),
        "methods": METHODS,
    }
    return Markup(render("feed_line.html", shown))  # noqa: S704 - the template has escaped it
