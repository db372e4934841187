"""What `signalpost doctor` finds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from config.settings import Settings

SECRET_SETTINGS = frozenset({"SECRET_KEY", "TIKTOK_APP_SECRET"})
_MASK = "***"
# up to the last @: a password may hold raw slashes, question marks, hashes and more
_PASSWORD_OF_USER = re.compile(r"(://[^/?#:@]*:).*@", re.DOTALL)
_PASSWORD_PARAMETER = re.compile(r"([?&][^=&]*password=)[^&]*", re.IGNORECASE)


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
    built = {"PUBLIC_URL": settings.public_base, "CONSOLE_URL": settings.console_base}  # of other settings where unset
    values = {name: built.get(name) or getattr(settings, name.lower()) for name in origins}
    return {name: {"value": _shown(name, value), "origin": origins[name]} for name, value in values.items()}


def _shown(name: str, value: object) -> str:
    if name in SECRET_SETTINGS:
        return "set" if value else ""
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)
    return masked(str(value)) if name.endswith("_URL") else str(value)


def masked(url: str) -> str:
    """The URL without the passwords in it, otherwise as it was; in doubt too much is hidden."""
    return _PASSWORD_PARAMETER.sub(rf"\1{_MASK}", _PASSWORD_OF_USER.sub(rf"\1{_MASK}@", url))
