"""Text as an operator types it (`KEY=VALUE`, a form field) into the typed value of a settings record, or a refusal."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from ledger.local_time import VERSION, zone_names

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


class SettingError(ValueError):
    """A setting cannot be taken; `field` is its key and the text says what is allowed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


def check_known(key: str, known: tuple[str, ...]) -> None:
    """Raises:
    SettingError: `key` is none of `known`; the text lists them.
    """
    if key not in known:
        raise SettingError(key, f"is not a setting; known are {', '.join(sorted(known))}")


def parse_settings(record: type[msgspec.Struct], assignments: Mapping[str, str]) -> dict[str, Any]:
    """The assignments as plain values (what jsonb stores); an empty value clears its key and becomes None.

    Raises:
        SettingError: a key that the record does not have, or a value it does not allow.
    """
    known = record.__struct_fields__
    for key in assignments:
        check_known(key, known)
    hints = get_type_hints(record, include_extras=True)
    return {key: parse_value(key, text, hints[key]) if text.strip() else None for key, text in assignments.items()}


def parse_value(key: str, text: str, annotation: Any) -> Any:
    """`text` as the plain value of a field annotated so.

    Raises:
        SettingError: the text is not one of the annotation's values; the message says what is.
    """
    text = text.strip()
    base, meta = _unwrap(annotation)
    value: Any = text
    if get_origin(base) is tuple:
        meta = _unwrap(get_args(base)[0])[1]  # what is wrong is wrong with one of the parts
        value = [part.strip() for part in text.split(",") if part.strip()]
    elif base is bool:
        value = _boolean(key, text)
    elif base in (int, float):
        value = _number(key, text, base)
    elif get_origin(base) is Literal and text not in get_args(base):
        allowed = [f"`{choice}`" for choice in get_args(base) if choice]
        raise SettingError(key, f"must be {' or '.join(allowed)}, not {text[:40]!r}")
    try:
        msgspec.convert(value, annotation)
    except msgspec.ValidationError as error:
        hint = meta.description if meta is not None and meta.description else str(error)
        raise SettingError(key, f"{hint}, not {text[:60]!r}") from None
    return value


def check_timezone(key: str, name: str) -> None:
    """Raises:
    SettingError: `name` is not a time zone of the database that reports go by.
    """
    names = zone_names()
    if name in names:
        return
    spelt = next((known for known in names if known.casefold() == name.casefold()), None)
    wanted = f"written as {spelt}" if spelt else "an IANA time zone such as Europe/Berlin"
    raise SettingError(key, f"must be {wanted} (tzdata {VERSION}), not {name[:60]!r}")


def _unwrap(annotation: Any) -> tuple[Any, msgspec.Meta | None]:
    """The type under `Annotated` and `| None`, and the constraint that came with it."""
    meta: msgspec.Meta | None = None
    for extra in getattr(annotation, "__metadata__", ()):
        if isinstance(extra, msgspec.Meta):
            meta = extra
    base = getattr(annotation, "__origin__", annotation) if meta is not None else annotation
    options = [option for option in get_args(base) if option is not type(None)]
    if type(None) in get_args(base) and len(options) == 1:
        inner, inner_meta = _unwrap(options[0])
        return inner, meta or inner_meta
    return base, meta


def _boolean(key: str, text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise SettingError(key, f"must be `true` or `false`, not {text[:40]!r}")


def _number(key: str, text: str, kind: type[int] | type[float]) -> int | float:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or (kind is int and number != number.to_integral_value()):
        raise SettingError(key, f"must be a {'whole ' if kind is int else ''}number, not {text[:40]!r}")
    return kind(number)
