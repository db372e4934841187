"""Whether a URL may be where a Signal link leads: checked when it is set, so that a redirect never has to think."""

import re
from urllib.parse import SplitResult, urlsplit

MAX_URL_CHARS = 2_000
# What opens a store or another app past the in-app browser, which shows an error for it, and what runs or reads in it.
NEVER_SCHEMES = frozenset(
    {
        "about", "android-app", "blob", "content", "data", "file", "intent", "itms", "itms-apps", "itms-appss",
        "itms-services", "javascript", "market", "vbscript", "view-source",
    }
)  # fmt: skip
_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\\\u00a0\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff<>\"`{}|^]")
_HOST_NAME = re.compile(
    r"(?=.{1,253}\.?$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\.?"
)


def destination_problem(url: str, public_url: str, app_schemes: tuple[str, ...] = ()) -> str | None:
    """Why a link must not lead there, in words that say what is allowed; None where it may.

    `public_url` is the redirector's own base: a link to itself would go round in circles. `app_schemes` are the
    schemes besides http and https that the app lists.
    """
    if len(url) > MAX_URL_CHARS:
        return f"must be at most {MAX_URL_CHARS} characters"
    if _UNSAFE.search(url):
        return "must not hold spaces, control characters, backslashes, quotes or brackets: percent-encode them"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is not a URL: write it as https://host/path"
    if parts.scheme in _DEFAULT_PORTS:
        return _web_problem(parts, port, public_url)
    if parts.scheme in app_schemes and parts.scheme not in NEVER_SCHEMES:
        return None
    return "must start with https:// or http:// (or a scheme of the app's setting app_schemes)"


def _web_problem(parts: SplitResult, port: int | None, public_url: str) -> str | None:
    if "@" in parts.netloc:
        return "must not hold a user name or password before the host"
    if port == 0 or not _is_host_name(parts.hostname or ""):
        return "must have a host name after https://, such as www.example.com"
    if _is_own(parts, port, urlsplit(public_url)):
        return "leads back to this redirector (PUBLIC_URL): name the page the visitor should end on"
    return None


def _is_host_name(host: str) -> bool:
    try:
        ascii_host = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        return False
    return _HOST_NAME.fullmatch(ascii_host) is not None


def _is_own(parts: SplitResult, port: int | None, own: SplitResult) -> bool:
    """Same host and port; http and https at their default ports count as one, as one usually redirects to the other."""
    if (parts.hostname or "").rstrip(".") != (own.hostname or "").rstrip("."):
        return False
    both_default = port in (None, _DEFAULT_PORTS[parts.scheme]) and own.port in (None, _DEFAULT_PORTS.get(own.scheme))
    return both_default or (port or _DEFAULT_PORTS[parts.scheme]) == (own.port or _DEFAULT_PORTS.get(own.scheme))
