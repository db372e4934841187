"""Figures as TikTok writes them: text, `-` for what it does not know, ids beyond 2^53.

Source: report answers seen in 2021 and 2026 (`"20.000"`, `"0.00"`, conversions with decimals, `"-"`).
"""

from datetime import UTC, datetime
from decimal import Context, Decimal, InvalidOperation
from typing import Any, Final

_UNKNOWN: Final = frozenset({"", "-", "--", "N/A", "null", "None"})
_LARGEST: Final = Decimal(10) ** 18  # more than any account spends; what is larger is a mistake
_MOST_PLACES: Final = -12
_ROUNDING: Final = Context(prec=40)


def decimal_of(value: Any) -> Decimal | None:
    """None for what TikTok does not know, and for what is no number. Never goes by way of a float's digits."""
    if value is None or isinstance(value, bool):
        return None
    text = str(value).strip()
    if text in _UNKNOWN:
        return None
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or abs(number) >= _LARGEST:
        return None
    # a third of a conversion, or what adding floats left of a price
    return number if exponent >= _MOST_PLACES else number.quantize(Decimal((0, (1,), _MOST_PLACES)), context=_ROUNDING)


def count_of(value: Any) -> int | None:
    """A whole number; None as for `decimal_of`."""
    number = decimal_of(value)
    return None if number is None else int(number)


def plain(number: Decimal) -> str:
    """One way to write it: `20.000` and `2E+1` are `20`."""
    return format(number.normalize(), "f") if number else "0"


def id_of(value: Any) -> str:
    """An id as text; '' where there is none. TikTok writes 0 for none, and numbers where it means text."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value).strip()
    return "" if text in _UNKNOWN or text == "0" else text


def text_of(value: Any) -> str:
    """Text without what PostgreSQL does not take; '' where there is none."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""


def texts_of(value: Any) -> tuple[str, ...]:
    return tuple(filter(None, map(text_of, value))) if isinstance(value, list) else ()


def moment_of(value: Any) -> datetime | None:
    """`YYYY-MM-DD HH:MM:SS` in UTC, as entities have it; None where there is none: some Smart+ ads have none."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
