"""Ids as apps and platforms send them: whose install, event or person something is."""

from clicks.placeholders import is_placeholder
from forwarder.errors import FieldError
from forwarder.intake.values import told
from ledger.spelling import canonical

MAX_ID_CHARS = 200
EXACT_UP_TO = 2**53
"""Beyond it a number that passed through a JavaScript or Java map may have lost digits (IEEE 754)."""


def number_text(field: str, value: str | float) -> str:
    """A text, or a whole number as one: `1001.0` is 1001.

    Raises:
        FieldError: a fraction, or a number so large that it may have lost digits on its way.
    """
    if not isinstance(value, float):
        return str(value)
    if not value.is_integer():
        raise FieldError(field, "must be text or a whole number")
    if abs(value) > EXACT_UP_TO:
        message = (
            f"lost its last digits on the way ({value!r} is beyond 2^53, where floats skip numbers); send it as text"
        )
        raise FieldError(field, message)
    return str(int(value))


def identifier(field: str, value: str | float, longest: int = MAX_ID_CHARS) -> str:
    """An id that must be someone's own, as text.

    Raises:
        FieldError: blank, longer than `longest` characters, or a placeholder such as `null`.
    """
    text = canonical(value if isinstance(value, str) else number_text(field, value))
    if not text or len(text) > longest:
        raise FieldError(field, f"must have 1 to {longest} characters")
    if is_placeholder(text):
        raise FieldError(field, f"{text[:60]!r} is nobody's id; send the id itself")
    return text


def optional_identifier(field: str, value: str | float | None, longest: int = MAX_ID_CHARS) -> str | None:
    """An id, or None where there is none or a placeholder stands in its place.

    Raises:
        FieldError: longer than `longest` characters, or a number that lost digits.
    """
    if value is None:
        return None
    return told(field, canonical(number_text(field, value)), longest)
