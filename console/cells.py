"""What stands in a cell of a table. Not a macro: a page has hundreds, and a macro takes ten times as long for each."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup, escape

from console.columns import Column, Kind
from console.numbers import NONE, Numbers

_NOTHING: Final = Markup('<span class="muted">{}</span>').format(NONE)
_STARRED: Final = Markup('<span class="starred" tabindex="0" title="{}">{}<sup>*</sup></span>')
_BADGE: Final = Markup('<span class="badge {}">{}</span>')
_CODE: Final = Markup("<code>{}</code>")
_TIME: Final = Markup('<time datetime="{}" title="{}">{}</time>')


def cell(numbers: Numbers, column: Column, row: Mapping[str, Any], currency: str) -> Markup:
    """The row's value of the column as its kind is written; with a star, and its reason, where the number is TikTok's.
    `currency` is that of money where the row has none of its own.
    """
    value = row.get(column.name)
    shown = _NOTHING if value is None or value == "" else _shown(numbers, column, row, currency)
    star = row.get(f"{column.name}_star")
    return _STARRED.format(star, shown) if star else shown


def _shown(numbers: Numbers, column: Column, row: Mapping[str, Any], currency: str) -> Markup:
    value, kind = row[column.name], column.kind
    if kind in _FIGURES:
        return escape(_FIGURES[kind](numbers, value, row.get("currency") or currency))
    if kind == "time":
        return _time(numbers, value)
    if kind == "state":
        return _BADGE.format(row.get(f"{column.name}_kind", "quiet"), value)
    return _CODE.format(value) if kind in ("id", "code") else escape(value)


_FIGURES: Final[Mapping[Kind, Callable[[Numbers, Any, str], str]]] = {
    "count": lambda numbers, value, _: numbers.count(value),
    "money": Numbers.money,
    "percent": lambda numbers, value, _: numbers.percent(value),
    "ratio": lambda numbers, value, _: numbers.ratio(value),
}


def _time(numbers: Numbers, at: datetime) -> Markup:
    return _TIME.format(at.isoformat(), numbers.exactly(at), numbers.when(at))
