"""What `signalpost doctor` finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from config.settings import Settings

SECRET_SETTINGS = frozenset({"SECRET_KEY", "TIKTOK_APP_SECRET"})
_MASK = "***"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    """What was found; holds no secret."""
    fix: str = ""
    """What to do about it; empty where nothing needs doing."""


def shown_settings(settings: Settings, origins: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Every setting as {"value", "origin"}; secrets only as set or not, passwords in URLs hidden."""
    return {name: {"value": _shown(name, getattr(settings, name.lower())), "origin": origins[name]} for name in origins}


def _shown(name: str, value: object) -> str:
    if name in SECRET_SETTINGS:
        return "set" if value else ""
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)
    return masked(str(value)) if name.endswith("_URL") else str(value)


def masked(url: str) -> str:
    """The URL without the passwords in it."""
    parts = urlsplit(url)
    if parts.password is not None:
        user, _, place = parts.netloc.rpartition("@")
        parts = parts._replace(netloc=f"{user.partition(':')[0]}:{_MASK}@{place}")
    if "password" in parts.query:
        query = [(key, _MASK if "password" in key.lower() else value) for key, value in parse_qsl(parts.query, True)]
        parts = parts._replace(query=urlencode(query, safe="/*"))
    return urlunsplit(parts)
