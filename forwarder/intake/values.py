"""Single values as apps send them: text, ids, times, money, addresses. Each raises FieldError naming its field."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from clicks.address import address_text, packed_address
from forwarder.errors import FieldError

MAX_ID_CHARS = 200
MAX_NAME_CHARS = 100
MAX_TEXT_CHARS = 4_000
MAX_ADDRESSES = 8
MAX_VALUE = Decimal(10) ** 12
VALUE_DECIMALS = 9  # far below the smallest unit of any currency; floats carry noise beyond it
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
LATEST_AHEAD = timedelta(hours=24)
LATEST_UNIX_S = 253_402_300_799  # the end of the year 9999

IN_FUTURE = "occurred_at_in_future"

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DECIMAL = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_UNIX = re.compile(r"\d{1,12}(?:\.\d{1,9})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Za-z]{3}", re.ASCII)


def clean_text(text: str) -> str:
    """Without control characters, NUL and lone surrogates: PostgreSQL refuses some, and no id, name or log needs
    one.
    """
    return text if text.isprintable() else _CONTROL.sub("", text)


def clean(value: Any) -> Any:
    """The same for every text in a JSON value, keys included."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(key): clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean(item) for item in value]
    return value


def identifier(field: str, value: str | int, longest: int = MAX_ID_CHARS) -> str:
    """An id as text; numbers become text.

    Raises:
        FieldError: blank, or longer than `longest` characters.
    """
    text = clean_text(str(value))
    if not text.strip() or len(text) > longest:
        raise FieldError(field, f"must have 1 to {longest} characters")
    return text


def optional_text(field: str, value: str | int | None, longest: int = MAX_TEXT_CHARS) -> str | None:
    """Text without blanks around it; None where there is nothing in it."""
    if value is None:
        return None
    text = clean_text(str(value)).strip()
    if len(text) > longest:
        raise FieldError(field, f"must have at most {longest} characters")
    return text or None


def instant(field: str, value: str | float) -> datetime:
    """RFC 3339, or Unix seconds as a number or digits.

    Raises:
        FieldError: neither, before 2015, or milliseconds.
    """
    if isinstance(value, str):
        text = value.strip()
        moment = _from_unix(field, float(text)) if _UNIX.fullmatch(text) else _from_rfc3339(field, text)
    else:
        moment = _from_unix(field, value)
    if moment < EARLIEST:
        raise FieldError(field, "lies before 2015; give RFC 3339 or Unix seconds")
    return moment


def _from_rfc3339(field: str, text: str) -> datetime:
    try:
        moment = msgspec.convert(text, datetime)
    except (msgspec.ValidationError, OverflowError):
        moment = None
    if moment is None or moment.tzinfo is None:
        message = "must be RFC 3339 with a time zone, such as 2026-11-20T10:00:00Z, or Unix seconds"
        raise FieldError(field, message)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise FieldError(field, "is not a time that can be") from None


def _from_unix(field: str, seconds: float) -> datetime:
    if not 0 <= seconds <= LATEST_UNIX_S:
        raise FieldError(field, "must be Unix seconds (not milliseconds) or RFC 3339")
    return datetime.fromtimestamp(seconds, UTC)


def occurred(field: str, value: str | float | None, now: datetime) -> tuple[datetime, tuple[str, ...]]:
    """When something happened, and flags; up to 24 h ahead is a wrong clock and becomes now, flagged.

    Raises:
        FieldError: further ahead, or as `instant`.
    """
    if value is None or value == "":
        return now, ()
    moment = instant(field, value)
    if moment <= now:
        return moment, ()
    if moment - now > LATEST_AHEAD:
        raise FieldError(field, "lies more than 24 hours ahead")
    return now, (IN_FUTURE,)


def amount(field: str, value: str | float | None) -> Decimal | None:
    """A sum of money of 0 to 1e12, rounded to 9 decimals.

    Raises:
        FieldError: not a number, negative, not finite or larger.
    """
    if value is None or value == "":
        return None
    text = str(value).strip()
    if not _DECIMAL.fullmatch(text):
        raise FieldError(field, 'must be a plain decimal number such as "9.99": no thousands comma, no currency sign')
    number = Decimal(text)
    if number < 0:
        raise FieldError(field, "must not be negative; a refund is an event of its own")
    if number > MAX_VALUE:
        raise FieldError(field, "must be at most 1e12")
    return round(number, VALUE_DECIMALS).normalize() + 0


def currency(field: str, value: str | None) -> str | None:
    """A currency code in capitals.

    Raises:
        FieldError: not three letters.
    """
    if value is None or not value.strip():
        return None
    if not _CURRENCY.fullmatch(value.strip()):
        raise FieldError(field, "must be an ISO 4217 code of three letters, such as EUR")
    return value.strip().upper()


def address(field: str, value: str | None) -> str | None:
    """An IP address in its canonical text; an IPv4 mapped into IPv6 is the IPv4.

    Raises:
        FieldError: something else.
    """
    if value is None or not value.strip():
        return None
    packed = packed_address(value)
    if packed is None:
        raise FieldError(field, "must be an IPv4 or IPv6 address")
    return address_text(packed)


def addresses(field: str, values: list[str] | None) -> list[str]:
    """Further addresses of one phone, without repeats."""
    listed = values or []
    if len(listed) > MAX_ADDRESSES:
        raise FieldError(field, f"must be at most {MAX_ADDRESSES} addresses")
    found = [address(field, value) for value in listed]
    return list(dict.fromkeys(text for text in found if text is not None))
