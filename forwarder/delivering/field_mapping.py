"""Fields of the payload read from elsewhere in an event, as the operator mapped them. Pure.

A path names a place in the event or its install: `properties.cart.total`, `properties.items[0].sku`, or every element
of a list, `properties.items[].sku`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from tiktok.field_paths import Step, parse_path
from tiktok.mappable import CONTENT_FIELDS, CONTENT_PREFIX, PROPERTY_FIELDS, USER_FIELDS

VALUE_UNREADABLE: Final = "the mapped value was passed over: it is no plain number such as 9.99"
MAX_LISTED: Final = 1_000  # elements of one list that are read


@dataclass(frozen=True, slots=True)
class Mapped:
    """What the mapped paths of one event hold; a field whose paths hold nothing is not there."""

    properties: dict[str, Any] = field(default_factory=dict)
    """`contents` among them, when any of its parts is mapped."""
    user: dict[str, Any] = field(default_factory=dict)
    value: Decimal | None = None
    currency: str | None = None
    notes: tuple[str, ...] = ()
    """What could not be read; no personal data."""


NOTHING_MAPPED: Final = Mapped()


def mapped_fields(event: Mapping[str, Any], fields: Mapping[str, tuple[str, ...]]) -> Mapped:
    """`event` is {properties, user, install}, `fields` target -> paths as the ledger keeps them."""
    if not fields:
        return NOTHING_MAPPED
    found = {target: value for target, paths in fields.items() if (value := _first(event, paths)) is not None}
    properties: dict[str, Any] = {name: found[name] for name in PROPERTY_FIELDS if name in found}
    said, currency = properties.pop("value", None), properties.pop("currency", None)
    value = _amount(said)
    if contents := _contents(found):
        properties["contents"] = contents
    user: dict[str, Any] = {name: found[name] for name in USER_FIELDS if name in found}
    notes = (VALUE_UNREADABLE,) if said is not None and value is None else ()
    return Mapped(properties, user, value, currency if isinstance(currency, str) else None, notes)


def _first(event: Mapping[str, Any], paths: tuple[str, ...]) -> Any:
    return next((value for path in paths if (value := resolve(event, parse_path(path))) is not None), None)


def resolve(value: Any, steps: tuple[Step, ...]) -> Any:
    """What lies at the end of the steps: a list where one of them is every element, None where nothing does."""
    for number, step in enumerate(steps):
        if step is None:
            rest = steps[number + 1 :]
            found = [resolve(element, rest) for element in value[:MAX_LISTED]] if isinstance(value, list) else []
            return found if any(element is not None for element in found) else None
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value if value != "" else None


def _amount(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _contents(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One item per element of the longest list that a part of `contents[]` was read from."""
    columns = {name: list(_listed(found.get(CONTENT_PREFIX + name))) for name in CONTENT_FIELDS}
    length = max(map(len, columns.values()))
    rows = (
        {name: column[row] for name, column in columns.items() if row < len(column) and column[row] is not None}
        for row in range(length)
    )
    return [row for row in rows if row]


def _listed(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value
    elif value is not None:
        yield value
