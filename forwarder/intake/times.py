"""Times as apps, back ends and platforms write them."""

import re
from datetime import UTC, datetime, timedelta, timezone

import msgspec

from clicks.placeholders import is_word_for_nothing
from forwarder.errors import FieldError
from forwarder.intake.set_aside import NO_TIME, PLACEHOLDER, note

EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
LATEST_AHEAD = timedelta(hours=24)
LATEST_UNIX_S = 253_402_300_799  # the end of the year 9999

IN_FUTURE = "occurred_at_in_future"

_UNIX = re.compile(r"\d{1,12}(?:\.\d{1,9})?|\d(?:\.\d{1,17})?[eE]\+?\d{1,2}", re.ASCII)
# RFC 3339, and ISO 8601 as others write it: without seconds (Java's OffsetDateTime leaves them out where they are 0),
# with a short or colonless offset, a comma before the fraction, the zone's name behind (Java's ZonedDateTime)
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,30}))?)?"
    r" ?(?:([Zz]|UTC|GMT)|([+\-\u2212])(\d\d)(?::?(\d\d))?)(?:\[[A-Za-z0-9_+\-/]{1,40}\])?",
    re.ASCII,
)
# what means "never" however it is written: the year 0 or 1 (MySQL, .NET, Go) and 1970, with an offset or without, and
# Unix seconds below zero, as .NET's year 1 is
_NEVER = re.compile(r"(?:-?000[01]|1970)-\d\d-\d\d(?:[Tt ][^\n]{0,40})?|-\d{1,12}(?:\.\d{1,9})?", re.ASCII)


def instant(field: str, value: str | float) -> datetime:
    """RFC 3339, or Unix seconds as a number or digits.

    Raises:
        FieldError: neither, before 2015, or milliseconds.
    """
    try:
        moment = _moment(field, value)
    except OverflowError:
        moment = None
    if moment is None or moment < EARLIEST:
        raise FieldError(field, "lies before 2015; give RFC 3339 or Unix seconds")
    return moment


def occurred(field: str, value: str | float | None, now: datetime) -> tuple[datetime, tuple[str, ...]]:
    """When something happened, and flags; up to 24 h ahead is a wrong clock and becomes now, flagged.

    Raises:
        FieldError: further ahead, or as `instant`.
    """
    if value is None or _says_nothing(field, value):
        return now, ()
    moment = instant(field, value)
    if moment <= now:
        return moment, ()
    if moment - now > LATEST_AHEAD:
        raise FieldError(field, "lies more than 24 hours ahead")
    return now, (IN_FUTURE,)


def store_time(field: str, value: str | float | None) -> float | None:
    """A time that Play's install referrer told the app, in Unix seconds; None where it is unknown.

    Play says 0 for "never", which SDKs write as 1970 or as the year 1; a phone whose clock was reset says 2000 or 2010.

    Raises:
        FieldError: no time at all.
    """
    if value is None or _says_nothing(field, value):
        return None
    if isinstance(value, int | float) and value <= 0:
        return None
    if isinstance(value, str) and _NEVER.fullmatch(value.strip()):
        return None
    try:
        moment = _moment(field, value)
    except OverflowError:  # the year 1 in a zone ahead of UTC
        return None
    if moment >= EARLIEST:
        return moment.timestamp()
    if not is_never(moment):
        note(field, NO_TIME)
    return None


def is_never(moment: datetime) -> bool:
    """Whether a time is what programs write for one that nobody knows: the year 1, or 0 in Unix seconds."""
    return moment.year <= 1970


def _says_nothing(field: str, value: str | float) -> bool:
    if not isinstance(value, str) or value[:1].isdigit():
        return False
    text = value.strip()
    if not is_word_for_nothing(text):
        return not text
    note(field, PLACEHOLDER)
    return True


def _moment(field: str, value: str | float) -> datetime:
    """Raises:
    FieldError: no time.
    OverflowError: a time of which UTC has none.
    """
    if not isinstance(value, str):
        return _from_unix(field, value)
    text = value.strip()
    if _UNIX.fullmatch(text):
        return _from_unix(field, float(text))
    moment = parse_iso(text)
    if moment is None or moment.tzinfo is None:
        message = "must be RFC 3339 with a time zone, such as 2026-11-20T10:00:00Z, or Unix seconds"
        raise FieldError(field, message)
    return moment.astimezone(UTC)


def parse_iso(text: str) -> datetime | None:
    """A date and time with or without an offset; None for what is none."""
    try:
        return msgspec.convert(text, datetime)
    except (msgspec.ValidationError, OverflowError):
        match = _ISO.fullmatch(text)
        return _from_parts(match) if match is not None else None


def _from_parts(match: re.Match[str]) -> datetime | None:
    year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
    seconds, fraction, utc, sign, zone_hours, zone_minutes = match.groups()[5:]
    microseconds = int((fraction or "0")[:6].ljust(6, "0"))
    offset = timedelta(0) if utc else timedelta(hours=int(zone_hours), minutes=int(zone_minutes or 0))
    try:
        # a leap second is the last of its minute
        second = min(int(seconds or 0), 59) if int(seconds or 0) <= 60 else 61
        zone = timezone(offset if sign in (None, "+") else -offset)
        return datetime(year, month, day, hour, minute, second, microseconds, zone)
    except ValueError:
        return None


def _from_unix(field: str, seconds: float) -> datetime:
    if not 0 <= seconds <= LATEST_UNIX_S:
        raise FieldError(field, "must be Unix seconds (not milliseconds) or RFC 3339")
    return datetime.fromtimestamp(seconds, UTC)
