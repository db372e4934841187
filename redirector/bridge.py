"""The bridge page: a moment between the ad and the store in which the phone can say what it is.

It hands over at once, shows a button for where that is stopped, and works without JavaScript. Where a tap of the button
leads nowhere either, a second try names the store's app itself: a tap on a page may lead to `itms-apps:` and `intent:`,
which would be an error page in a `Location`. Scripts and style are the same for every visit, so the policy names them
by their hashes: whatever else might get into the page does not run.
"""

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment
from markupsafe import Markup
from starlette.responses import HTMLResponse

from clicks.links import Link
from clicks.record import generated_ttp
from redirector.answers import FIXED_HEADERS
from redirector.visit_reader import Redirect, cookie_value

MAX_PAGE_BYTES = 4_096
_HEADERS = {name.decode(): value.decode() for name, value in FIXED_HEADERS}


def bridge_share(link: Link) -> int:
    """Percent of this link's visitors who get the page."""
    if link.bridge_weight is not None:
        return link.bridge_weight
    return 100 if link.mode == "bridge" else 0


def gets_bridge(link: Link, click_id: str, cookie: bytes) -> bool:
    """Whether this visitor gets the page: always the same for one browser, as far as its `_ttp` cookie tells."""
    share = bridge_share(link)
    if share in (0, 100):
        return share == 100
    known = cookie_value(cookie)
    browser = known or (generated_ttp(click_id) if link.generate_ttp else click_id).encode()
    draw = int.from_bytes(hashlib.blake2b(browser, digest_size=4, key=link.slug.encode()).digest())
    return draw % 100 < share


@dataclass(frozen=True, slots=True)
class _Variant:
    """What may be left out of the page where a store URL is long."""

    script: str
    has_refresh: bool
    headers: dict[str, str]
    """The policy that allows this script."""


class BridgePage:
    """Renders the page."""

    def __init__(self) -> None:
        folder = files("redirector").joinpath("templates")
        self._template = Environment(autoescape=True, trim_blocks=True).from_string(
            folder.joinpath("bridge.html").read_text()
        )
        self._style = folder.joinpath("bridge.css").read_text().strip()
        hand_over = folder.joinpath("bridge.js").read_text().strip()
        second_try = folder.joinpath("second_try.js").read_text().strip()
        whole = f"{hand_over};{second_try}"
        self._variants = (
            _Variant(whole, True, _policy(whole, self._style)),
            _Variant(whole, False, _policy(whole, self._style)),
            _Variant(hand_over, False, _policy(hand_over, self._style)),
        )

    def render(self, redirect: Redirect, token: str) -> HTMLResponse:
        """The page that leads where the redirect would.

        A very long address leaves no room for the refresh; one that is longer still, none for the second try.
        """
        for variant in self._variants:
            page = self._template.render(
                url=redirect.location.decode("latin-1"),
                token=token,
                refresh=variant.has_refresh,
                style=Markup(self._style),  # noqa: S704 -- our own files
                script=Markup(variant.script),  # noqa: S704
            )
            if len(page.encode()) < MAX_PAGE_BYTES:
                break
        cookie = {"set-cookie": redirect.set_cookie.decode("latin-1")} if redirect.set_cookie is not None else {}
        return HTMLResponse(page, headers=_HEADERS | variant.headers | cookie)


def _policy(script: str, style: str) -> dict[str, str]:
    policy = (
        f"default-src 'none'; script-src {_source(script)}; style-src {_source(style)}; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {"content-security-policy": policy, "x-content-type-options": "nosniff"}


def _source(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
