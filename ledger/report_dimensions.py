"""What a report's rows are by: its dimensions, one or two at a time."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final, Literal, get_args

from ledger.local_time import local_day, local_hour

By = Literal["day", "hour", "campaign", "adgroup", "ad", "creative", "country", "platform", "link"]
DIMENSIONS: Final[tuple[By, ...]] = get_args(By)
AT_ONCE: Final = 2

COLUMNS: Final[dict[By, str]] = {
    "day": "day",
    "hour": "hour",
    "campaign": "campaign_id",
    "adgroup": "adgroup_id",
    "ad": "ad_id",
    "creative": "creative_id",
    "country": "country",
    "platform": "platform",
    "link": "link",
}
"""The column of our roll-ups."""
NAMED: Final = ("campaign", "adgroup", "ad", "creative")
"""Those that have an id and a name."""
LOCAL: Final[dict[By, Callable[[str, datetime], Any]]] = {"day": local_day, "hour": local_hour}
"""Those that an instant has in a time zone."""

Key = tuple[Any, ...]
"""A row's value of each dimension: a day is a date, an hour RFC 3339; '' where an id is not known, None elsewhere."""


def key_columns(by: Sequence[By]) -> list[str]:
    """The columns of a flat table that say which row it is."""
    return [name for one in by for name in (*((f"{one}_id", f"{one}_name") if one in NAMED else (one,)),)]


def shown_key(by: Sequence[By], key: Key, names: dict[tuple[By, str], str]) -> dict[str, str | None]:
    """`names` has (dimension, id) -> name."""
    shown: dict[str, str | None] = {}
    for one, value in zip(by, key, strict=True):
        if one in NAMED:
            shown |= {f"{one}_id": value, f"{one}_name": names.get((one, value))}
        else:
            shown[one] = value.isoformat() if isinstance(value, date) else value or None
    return shown


def order_of(by: Sequence[By]) -> Callable[[Key], Any]:
    """What rows are sorted by: hours in the order in which they passed, of two with one name the one before the clock
    was set back; what is not known comes last, an id that is not known first.
    """

    def order(key: Key) -> list[Any]:
        return [_order(one, value) for one, value in zip(by, key, strict=True)]

    return order


def _order(one: By, value: Any) -> tuple[bool, Any]:
    if one == "hour":
        return (False, datetime.fromisoformat(value)) if value else (True, "")
    if one in NAMED:
        return False, value
    return not value, value or ""
