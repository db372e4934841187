"""The rows of a report as a table shows them: named, searched, sorted, a page of them; and the same as a file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from admin.reports import ReportRow
from console.call import Call
from console.columns import Column
from console.listing import Listing, format_of, paging_of
from console.report_figures import FIGURES, KEYS, NAMED, PLATFORMS, UNKNOWN, shown_totals, stars
from console.report_view import IN_TIME, ReportView

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
    call: Call, view: ReportView, rows: Sequence[ReportRow], totals: Mapping[str, Any], href: Href
) -> ReportTable:
    """Figures are worked out of the rows that are shown alone.

    Raises:
        Refused, NotThere: the URL's page is none.
    """
    kept = [row for row in rows if _fits(row, view)] if view.search else list(rows)
    kept.sort(key=_order(view))
    if format_of(call):
        name = f"{'-'.join(view.by)}-{view.period.first}-{view.period.last}"
        listing = Listing(name, _file_columns(view), [_shown(row, view, href) for row in kept])
        return ReportTable(listing, len(kept), len(rows), False, "")
    paging = paging_of(call, len(kept))
    page = [_shown(row, view, href) for row in kept[paging.offset : paging.offset + paging.size]]
    foot = shown_totals(totals) if rows else {}
    columns = [*(_key_column(one, first=not number) for number, one in enumerate(view.by)), *_figures(view)]
    listing = Listing("report", columns, page, paging, totals=foot, currency=str(totals.get("currency") or ""))
    has_stars = any(f"{column}_star" in row for row in (*page, foot) for column in view.columns)
    label = "Total" if len(kept) == len(rows) else f"Total of all {len(rows):,}"
    return ReportTable(listing, len(kept), len(rows), has_stars, label)


def label_of(one: str, key: Mapping[str, Any]) -> str:
    """What a row is called."""
    if one in NAMED:
        return str(key.get(f"{one}_name") or key.get(f"{one}_id") or UNKNOWN)
    value = key.get(one)
    if one == "platform":
        value = PLATFORMS.get(str(value), value)
    if one == "hour" and value:
        at = datetime.fromisoformat(value)
        return f"{at:%a %-d %b, %H:%M} ({value[16:]})"
    return f"{datetime.fromisoformat(value):%a %-d %b %Y}" if one == "day" and value else str(value or UNKNOWN)


def _shown(row: ReportRow, view: ReportView, href: Href) -> dict[str, Any]:
    key, figures = row.key, row.figures()
    labels = {f"{one}_label": label_of(one, key) for one in view.by}
    return {**figures, **key, **labels, **stars(figures), "href": href(key)}


def _fits(row: ReportRow, view: ReportView) -> bool:
    """The search looks at names and ids."""
    wanted, key = view.search.casefold(), row.key
    texts = (text for one in view.by for text in (label_of(one, key), key.get(f"{one}_id"), key.get(one)))
    return any(wanted in (text or "").casefold() for text in texts)


def _order(view: ReportView) -> Callable[[ReportRow], Any]:
    """What has no value comes last, whichever way round."""
    name, largest_first = view.order.removeprefix("-"), view.order.startswith("-")
    if name in FIGURES:
        sign = -1 if largest_first else 1

        def by_figure(row: ReportRow) -> Any:
            value = row.spend if name == "spend" else row.figures()[name]
            return value is None, sign * (value or 0)

        return by_figure

    # texts cannot be negated: their letters are
    def by_text(row: ReportRow) -> Any:
        text = str((row.key.get(name) if name in IN_TIME else label_of(name, row.key)) or "").casefold()
        return not text, tuple(-ord(letter) for letter in text) if largest_first else tuple(map(ord, text))

    return by_text


def _key_column(one: str, first: bool) -> Column:
    return Column(f"{one}_label", KEYS[one].label, "text", "href" if first else "")


def _figures(view: ReportView) -> list[Column]:
    return [FIGURES[name] for name in view.columns]


def _file_columns(view: ReportView) -> list[Column]:
    """Ids beside names, the currency, and whose a figure is that may be TikTok's."""
    keys = [name for one in view.by for name in ((f"{one}_id", f"{one}_name") if one in NAMED else (one,))]
    whose = [f"{name}_from" for name in ("installs", "revenue") if name in view.columns]
    return [Column(name, name) for name in (*keys, *view.columns, *whose, "currency")]
