"""The rows of a report as a table shows them: named, searched, sorted, a page of them; and the same as a file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.call import Call
from console.columns import Column
from console.listing import Listing, format_of, paging_of
from console.report_figures import FIGURES, KEYS, NAMED, UNKNOWN, shown_totals, stars
from console.report_view import ReportView

Href = Callable[[Mapping[str, Any]], str]
"""The row's key -> where its first cell leads; empty = nowhere."""


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A page of rows, and what the whole has."""

    listing: Listing
    found: int
    """Rows that the search leaves."""
    of: int
    """Rows there are."""
    has_stars: bool
    total_label: str


def report_table(
    call: Call, view: ReportView, rows: Sequence[Mapping[str, Any]], totals: Mapping[str, Any], href: Href
) -> ReportTable:
    """`rows` and `totals` as the report has them.

    Raises:
        Refused, NotThere: the URL's page is none.
    """
    named = [_named(row, view.by, href) for row in rows]
    kept = [row for row in named if _fits(row, view)]
    kept.sort(key=_order(view))
    columns = [*(_key_column(one, first=not number) for number, one in enumerate(view.by)), *_figures(view)]
    if format_of(call):
        name = f"{'-'.join(view.by)}-{view.period.first}-{view.period.last}"
        return ReportTable(Listing(name, _file_columns(view), kept), len(kept), len(rows), False, "")
    paging = paging_of(call, len(kept))
    page = kept[paging.offset : paging.offset + paging.size]
    foot = shown_totals(totals) if rows else {}
    listing = Listing("report", columns, page, paging, totals=foot, currency=str(totals.get("currency") or ""))
    has_stars = any(f"{column}_star" in row for row in (*page, foot) for column in view.columns)
    label = "Total" if len(kept) == len(rows) else f"Total of all {len(rows):,}"
    return ReportTable(listing, len(kept), len(rows), has_stars, label)


def top(table: ReportTable, most: int) -> list[Mapping[str, Any]]:
    return list(table.listing.rows[:most])


def label_of(one: str, key: Mapping[str, Any]) -> str:
    """What a row is called."""
    if one in NAMED:
        return str(key.get(f"{one}_name") or key.get(f"{one}_id") or UNKNOWN)
    value = key.get(one)
    if one == "hour" and value:
        at = datetime.fromisoformat(value)
        return f"{at:%a %-d %b, %H:%M} ({value[16:]})"
    return f"{datetime.fromisoformat(value):%a %-d %b %Y}" if one == "day" and value else str(value or UNKNOWN)


def _named(row: Mapping[str, Any], by: Sequence[str], href: Href) -> dict[str, Any]:
    key = row["key"]
    labels = {f"{one}_label": label_of(one, key) for one in by}
    return {**row, **key, **labels, **stars(row), "href": href(key)}


def _fits(row: Mapping[str, Any], view: ReportView) -> bool:
    """The search looks at names and ids."""
    wanted = view.search.casefold()
    texts = (row.get(name) or "" for one in view.by for name in (f"{one}_label", f"{one}_id", one))
    return not wanted or any(wanted in str(text).casefold() for text in texts)


def _order(view: ReportView) -> Callable[[Mapping[str, Any]], Any]:
    """What has no value comes last, whichever way round."""
    name, largest_first = view.order.removeprefix("-"), view.order.startswith("-")
    if name in FIGURES:
        sign = -1 if largest_first else 1
        return lambda row: (row[name] is None, sign * (row[name] or 0))
    # texts cannot be negated: their letters are
    field = name if name in ("day", "hour") else f"{name}_label"

    def order(row: Mapping[str, Any]) -> Any:
        text = str(row.get(field) or "").casefold()
        return not text, tuple(-ord(letter) for letter in text) if largest_first else tuple(map(ord, text))

    return order


def _key_column(one: str, first: bool) -> Column:
    return Column(f"{one}_label", KEYS[one].label, "text", "href" if first else "")


def _figures(view: ReportView) -> list[Column]:
    return [FIGURES[name] for name in view.columns]


def _file_columns(view: ReportView) -> list[Column]:
    """Ids beside names, the currency, and whose a figure is that may be TikTok's."""
    keys = [name for one in view.by for name in ((f"{one}_id", f"{one}_name") if one in NAMED else (one,))]
    whose = [f"{name}_from" for name in ("installs", "revenue") if name in view.columns]
    return [Column(name, name) for name in (*keys, *view.columns, *whose, "currency")]
