"""Values as TikTok's account side writes them: ids now as text, now as numbers; times in three forms.

An id has up to 19 digits, which is more than a float holds: it is text everywhere in Signalpost.
"""

from datetime import UTC, datetime
from typing import Any, Final

# Milliseconds of 1973 are seconds of the year 5138: no account or pixel is so old or so new.
_LEAST_MS: Final = 100_000_000_000


def id_text(value: object) -> str:
    """Empty where it is no id, and for 0, which TikTok writes for none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    text = str(value).strip()
    return text if text.isascii() and text.isalnum() and text != "0" else ""


def text(value: object) -> str:
    """What may be kept and shown: one line, without control characters and halves of surrogate pairs."""
    if not isinstance(value, str):
        return ""
    whole = value.encode("utf-8", "replace").decode()
    return "".join(character if character.isprintable() else " " for character in whole).strip()[:512]


def id_list(value: object) -> tuple[str, ...]:
    """Each id once, in TikTok's order; what is none is left out."""
    return tuple(dict.fromkeys(filter(None, map(id_text, value)))) if isinstance(value, list) else ()


def rows_of(data: Any, name: str) -> list[dict[str, Any]]:
    """The rows under `name`; [] where there are none."""
    found = data.get(name) if isinstance(data, dict) else None
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def moment(value: object) -> datetime | None:
    """Unix seconds, Unix milliseconds or ISO 8601 (a pixel's `create_time` was seen in all three); None = neither."""
    try:
        if isinstance(value, str) and not value.isdecimal():
            told = datetime.fromisoformat(value)
            return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
        if isinstance(value, bool) or not isinstance(value, int | str):
            return None
        number = int(value)
        return datetime.fromtimestamp(number / 1000 if number >= _LEAST_MS else number, UTC) if number > 0 else None
    except (ValueError, OverflowError, OSError):
        return None
