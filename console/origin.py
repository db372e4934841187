"""Where a request came from, and whether a browser keeps our cookie there."""

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from admin.sign_in import is_trusted_proxy
from config.settings import AllSettings

SECURE_COOKIE: Final = "__Host-signalpost"
LOOPBACK_COOKIE: Final = "signalpost_session"
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def is_https(request: Request, settings: AllSettings) -> bool:
    """By what a trusted proxy says, else by CONSOLE_URL where that is the host asked for, else as it came."""
    peer = request.client.host if request.client else ""
    said = request.headers.get("x-forwarded-proto")
    if said and is_trusted_proxy(settings, peer):
        return said.rpartition(",")[2].strip().lower() == "https"
    base = urlsplit(settings.console_base)
    if base.scheme == "https" and request.headers.get("host", "").lower() == base.netloc.lower():
        return True
    return request.url.scheme == "https"


def cookie_name(request: Request, settings: AllSettings) -> str | None:
    """None where a browser would throw any safe cookie away: plain http under a name that is not this machine's."""
    if is_https(request, settings):
        return SECURE_COOKIE
    host = (request.url.hostname or "").lower()
    return LOOPBACK_COOKIE if host in _LOOPBACK or host.endswith(".localhost") else None


def is_from_us(request: Request, settings: AllSettings) -> bool:
    """Whether a page of ours may have sent this form. Programs that are no browser say neither header: the form's token
    is then the proof.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return True
    known = {request.headers.get("host", "").lower(), urlsplit(settings.console_base).netloc.lower()}
    return _host_of(origin) in known


def local_path(text: str) -> str:
    """The path of ours that a login leads on to; `/` for anything else."""
    is_path = text.startswith("/") and not text.startswith(("//", "/\\")) and _host_of(text) == ""
    return text if is_path and text.isprintable() and len(text) <= 2000 else "/"


def _host_of(url: str) -> str | None:
    """With its port, in lower case; empty where the URL names none, None where it cannot be read."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:  # an address in brackets that is none
        return None
