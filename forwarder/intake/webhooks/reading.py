"""Single values out of a provider's JSON. What is missing or of another type is None: formats grow without notice."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from clicks.placeholders import is_placeholder
from forwarder.intake.identifiers import EXACT_UP_TO
from forwarder.intake.set_aside import LOST_DIGITS, PLACEHOLDER, note
from forwarder.intake.times import is_never, parse_iso
from forwarder.intake.values import MAX_VALUE, VALUE_DECIMALS
from ledger.spelling import canonical

Fields = Mapping[str, Any]

NOTHING: Final[Fields] = {}
MAX_TYPE_CHARS: Final = 80
MAX_TEXT_CHARS: Final = 255
"""Of an id, that of Stripe's ids (its docs on API upgrades); the other providers' are shorter."""
MAX_NUMBER: Final = Decimal(10) ** 15

_CURRENCY = re.compile(r"[A-Za-z]{3}", re.ASCII)
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+", re.ASCII)
_USD = "USD"


def fields(value: Any) -> Fields:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else NOTHING


def text(value: Any, longest: int = MAX_TEXT_CHARS, field: str = "text") -> str | None:
    """Text without blanks around it; whole numbers become text. None for nothing, for a placeholder (counted under
    `field`), and for what is too long to be an id.
    """
    if isinstance(value, float) and value.is_integer():
        if abs(value) > EXACT_UP_TO:
            note(field, LOST_DIGITS)
            return None
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    cleaned = canonical(str(value))
    if is_placeholder(cleaned):
        note(field, PLACEHOLDER)
        return None
    return cleaned if 0 < len(cleaned) <= longest else None


def texts(*values: Any, field: str = "text") -> tuple[str, ...]:
    """The texts among the values, lists taken apart, without repeats."""
    flat = [part for value in values for part in (value if isinstance(value, list) else [value])]
    return tuple(dict.fromkeys(found for part in flat if (found := text(part, field=field)) is not None))


def number(value: Any) -> Decimal | None:
    """A finite number, also as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) <= MAX_NUMBER else None


def from_millis(value: Any) -> datetime | None:
    """Unix milliseconds; None for 0 and for the year 1, which mean that nobody knows."""
    found = number(value)
    return _moment(found / 1000) if found is not None else None


def from_seconds(value: Any) -> datetime | None:
    """Unix seconds."""
    found = number(value)
    return _moment(found) if found is not None else None


def _moment(seconds: Decimal) -> datetime | None:
    try:
        moment = datetime.fromtimestamp(float(seconds), UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return None if is_never(moment) else moment


def from_iso(value: Any) -> datetime | None:
    """ISO 8601; without an offset it is UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = parse_iso(value.strip()) or datetime.fromisoformat(value.strip())
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None if is_never(moment) else moment


def money(local: tuple[Any, Any], usd: Any) -> tuple[Decimal | None, str | None]:
    """(amount, currency) of what was paid: the local pair, or dollars where one half of it is missing; never the
    dollars under the local currency's name. The amount keeps its sign.
    """
    amount, code = number(local[0]), currency(local[1])
    if amount is not None and code is not None:
        return amount, code
    dollars = number(usd)
    return (dollars, _USD) if dollars is not None else (None, None)


def usd(value: Any) -> Decimal | None:
    """What the provider says was paid in US dollars, without its sign."""
    return paid(number(value), _USD)[0]


def paid(amount: Decimal | None, code: str | None) -> tuple[Decimal | None, str | None]:
    """The same without its sign; nothing where no money moved."""
    if not amount or abs(amount) > MAX_VALUE:
        return None, None
    return round(abs(amount), VALUE_DECIMALS).normalize() + 0, code


def kept(value: Decimal | None, tax: Any, commission: Any) -> Decimal | None:
    """Of a value what is left after tax and the store's commission, each a share of it such as 0.15; None where one of
    them is not known.
    """
    shares = number(tax), number(commission)
    if value is None or None in shares or not all(0 <= share <= 1 for share in shares if share is not None):
        return None
    return round(value * max(1 - sum(share or 0 for share in shares), Decimal(0)), VALUE_DECIMALS).normalize() + 0


def currency(value: Any) -> str | None:
    """An ISO 4217 code in capitals."""
    return value.upper() if isinstance(value, str) and _CURRENCY.fullmatch(value) else None


def is_sandbox(facts: Fields) -> bool:
    """Whether an event is of a store's test environment: `SANDBOX`, which some write `Sandbox`."""
    environment = facts.get("environment")
    return isinstance(environment, str) and environment.strip().upper() == "SANDBOX"


def type_name(value: str) -> str:
    """A provider's type as part of an event's name: `charge.dispute.created` -> `charge_dispute_created`."""
    return _NOT_IN_NAMES.sub("_", value.lower()).strip("_")[:MAX_TYPE_CHARS] or "unnamed"


def present(values: Fields) -> dict[str, Any]:
    """Without what is None or empty."""
    return {key: value for key, value in values.items() if value not in (None, "", [], ())}
