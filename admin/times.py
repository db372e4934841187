"""Points in time as a person types them."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from admin.refusal import Misused, Refused
from ledger.local_time import DEFAULT_ZONE, YEARS, UnknownZoneError, zone

_AGO = re.compile(r"(\d{1,6})\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_time(field: str, text: str, now: datetime, local: tzinfo = UTC) -> datetime:
    """RFC 3339 (`local` where no offset stands), Unix seconds, or so long ago: `90m`, `24h`, `7d`.

    Raises:
        Refused: it is none of these.
    """
    text = text.strip()
    ago = _AGO.fullmatch(text)
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        if re.fullmatch(r"\d{9,11}(\.\d{1,6})?", text):
            return datetime.fromtimestamp(float(text), UTC)
        time = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise Refused(
            f"{field}: {text[:40]!r} is not a time; write 2026-11-20T10:00:00Z, Unix seconds, or 24h for a day ago"
        ) from None
    if time.year not in YEARS:
        raise Refused(f"{field}: {text[:40]!r} must lie in the years {YEARS[0]} to {YEARS[-1]}")
    return time if time.tzinfo else time.replace(tzinfo=local)


def parse_day(field: str, text: str) -> date | None:
    """None for an empty text.

    Raises:
        Misused: it is no day.
    """
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        raise Misused(f"{field}: {text[:40]!r} is not a day; write it as 2026-11-20") from None
    if day and day.year not in YEARS:
        raise Misused(f"{field}: {text[:40]!r} must lie in the years {YEARS[0]} to {YEARS[-1]}")
    return day


def named_zone(name: str) -> ZoneInfo:
    """By the rules reports are cut by; UTC where they know no such zone."""
    try:
        return zone(name or DEFAULT_ZONE)
    except UnknownZoneError:
        return zone(DEFAULT_ZONE)
