"""What `signalpost doctor` finds."""

from collections.abc import Mapping
from dataclasses import dataclass

from admin.shown_url import masked
from config.settings import Settings

SECRET_SETTINGS = frozenset({"SECRET_KEY", "TIKTOK_APP_SECRET"})


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
    built = {  # of other settings where unset
        "PUBLIC_URL": settings.public_base,
        "FORWARDER_URL": settings.forwarder_base,
        "CONSOLE_URL": settings.console_base,
    }
    values = {name: built.get(name) or getattr(settings, name.lower()) for name in origins}
    return {name: {"value": _shown(name, value), "origin": origins[name]} for name, value in values.items()}


def _shown(name: str, value: object) -> str:
    if name in SECRET_SETTINGS:
        return "set" if value else ""
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)
    return masked(str(value)) if name.endswith("_URL") else str(value)
