"""Single values as apps send them: text and money. Each raises FieldError naming its field."""

import re
from decimal import Decimal
from typing import Any

from clicks.placeholders import is_placeholder, is_word_for_nothing
from forwarder.errors import FieldError
from forwarder.intake.set_aside import PLACEHOLDER, note
from ledger.spelling import clean_text, trimmed

MAX_NAME_CHARS = 100
MAX_TEXT_CHARS = 4_000
MAX_VALUE = Decimal(10) ** 12
VALUE_DECIMALS = 9  # far below the smallest unit of any currency; floats carry noise beyond it

_DECIMAL = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Za-z]{3}", re.ASCII)


def clean(value: Any) -> Any:
    """The same for every text in a JSON value, keys included."""
    if isinstance(value, str):
        return value if value.isprintable() else clean_text(value)
    if isinstance(value, dict):
        return {key if key.isprintable() else clean_text(key): clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean(item) for item in value]
    return value


def optional_text(field: str, value: str | float | None, longest: int = MAX_TEXT_CHARS) -> str | None:
    """Text without blanks around it; None where there is nothing in it, or a placeholder.

    Raises:
        FieldError: longer than `longest` characters.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        value = int(value) if value % 1 == 0 else value
    text = clean_text(str(value)).strip()
    return told(field, text if text.isascii() else trimmed(text), longest)


def told(field: str, text: str, longest: int) -> str | None:
    """The text; None where it is empty, or a placeholder, which is noted.

    Raises:
        FieldError: longer than `longest` characters.
    """
    if len(text) > longest:
        raise FieldError(field, f"must have at most {longest} characters")
    if is_placeholder(text):
        note(field, PLACEHOLDER)
        return None
    return text or None


def amount(field: str, value: str | float | None) -> Decimal | None:
    """A sum of money of 0 to 1e12, rounded to 9 decimals.

    Raises:
        FieldError: not a number, negative, not finite or larger.
    """
    if value is None or value == "":
        return None
    text = trimmed(value) if isinstance(value, str) else str(value)
    if isinstance(value, str) and (not text or is_word_for_nothing(text)):
        note(field, PLACEHOLDER)
        return None
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
    if value is None or not (code := trimmed(value)):
        return None
    if is_word_for_nothing(code):
        note(field, PLACEHOLDER)
        return None
    if not _CURRENCY.fullmatch(code):
        raise FieldError(field, "must be an ISO 4217 code of three letters, such as EUR")
    return code.upper()
