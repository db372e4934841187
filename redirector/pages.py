"""The two small pages of the redirector: no such link, and the choice of stores for whoever has no phone at hand."""

import io
import secrets
from importlib.resources import files

import segno
from jinja2 import Environment
from markupsafe import Markup
from starlette.responses import HTMLResponse, PlainTextResponse

from clicks.links import Link
from redirector.answers import FIXED_HEADERS

HEADERS = {name.decode(): value.decode() for name, value in FIXED_HEADERS}
NOT_FOUND = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Not found</title>'
    "<h1>Not found</h1><p>There is nothing at this address.</p></html>"
)


def not_found() -> HTMLResponse:
    """What every unknown or disabled link is answered with: the same bytes, whatever was asked."""
    policy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
    return HTMLResponse(NOT_FOUND, status_code=404, headers=HEADERS | {"content-security-policy": policy})


def wrong_method(allowed: str) -> PlainTextResponse:
    """The 405; `allowed` is the value of the Allow header."""
    return PlainTextResponse(
        "405 Method Not Allowed\n", status_code=405, headers=HEADERS | {"allow": allowed, "connection": "close"}
    )


class StoresPage:
    """Both store links and a QR code of the Signal link."""

    def __init__(self) -> None:
        source = files("redirector").joinpath("templates", "stores.html").read_text()
        self._template = Environment(autoescape=True, trim_blocks=True).from_string(source)

    def render(self, link: Link, link_url: str, app_name: str) -> HTMLResponse:
        nonce = secrets.token_urlsafe(12)
        page = self._template.render(
            nonce=nonce,
            app=app_name or "the app",
            ended=link.ended,
            ios=link.ios_url,
            android=link.android_url,
            qr=_qr_code(link_url),
        )
        policy = f"default-src 'none'; style-src 'nonce-{nonce}'; frame-ancestors 'none'; base-uri 'none'"
        return HTMLResponse(page, headers=HEADERS | {"content-security-policy": policy})


def _qr_code(url: str) -> Markup:
    drawing = io.BytesIO()
    segno.make_qr(url, error="m").save(drawing, kind="svg", scale=6, border=3, xmldecl=False, svgns=True)
    return Markup(drawing.getvalue().decode())  # noqa: S704 -- drawn by segno from our own link
