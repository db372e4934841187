"""Lists: a filter and a page of the URL, one query, and three ways to read it: as a page, as CSV, as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from admin.csv_text import csv_lines
from admin.refusal import Refused
from console.call import Call, NotThere
from console.columns import Column

PAGE_SIZE: Final = 50
MOST_ROWS: Final = 10_000  # of a CSV or JSON at once

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list is shown."""

    number: int
    """From 1."""
    size: int
    total: int
    """Of all that the filter leaves."""

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows and how they are shown."""

    name: str
    """Of the file."""
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    paging: Paging | None = None
    next: str | None = None
    """The cursor of the rows after these, where pages have no numbers."""
    totals: Mapping[str, Any] = field(default_factory=dict)
    """The row at the foot; a column without a sum is left out."""
    currency: str = ""
    """Of `money` where a row has none of its own."""


def paging_of(call: Call, total: int) -> Paging:
    """The page of the URL.

    Raises:
        Refused: `page` or `limit` is no such number.
        NotThere: it is beyond the end.
    """
    size = limit_of(call)
    paging = Paging(_number(call, "page", 1), size, total)
    if paging.number > paging.last:
        raise NotThere(
            f"There is no page {paging.number:,} of this list: the last is {paging.last:,}. The filter is kept.",
            url_with(call, page=paging.last if paging.last > 1 else None),
            "Show the last page",
        )
    return paging


def limit_of(call: Call) -> int:
    """How many rows are asked for; by default a page of them, as CSV and JSON many.

    Raises:
        Refused: it is no number from 1 to 10,000.
    """
    return min(_number(call, "limit", MOST_ROWS if format_of(call) else PAGE_SIZE), MOST_ROWS)


def format_of(call: Call) -> str:
    """`csv`, `json`, or empty for a page."""
    wanted = call.asked("format")
    if wanted not in ("", "html", "csv", "json"):
        raise Refused(f"format: must be csv or json, not {wanted[:20]!r}")
    return "" if wanted == "html" else wanted


def url_with(call: Call, **changes: object) -> str:
    """This URL with these parameters changed; None takes one away."""
    query = {**call.request.query_params, **changes}
    kept = {name: value for name, value in query.items() if value is not None and value != ""}
    return call.request.url.path + (f"?{urlencode(kept)}" if kept else "")


def answer(call: Call, listing: Listing, template: str, **shown: Any) -> Response:
    """The list as it was asked for. CSV and JSON hold what the same filter leaves, up to 10,000 rows of it."""
    wanted = format_of(call)
    names = [column.name for column in listing.columns]
    if wanted == "csv":
        lines = csv_lines([_dated(row) for row in listing.rows], names)
        return _file(call, "".join(lines).encode(), "text/csv; charset=utf-8", f"{listing.name}.csv")
    if wanted == "json":
        items = [{name: row.get(name) for name in names} for row in listing.rows]
        body = _ENCODER.encode({"items": items, "next": _after(call, listing)})
        return _file(call, body, "application/json", "")
    # of all that the filter leaves, whichever page they are asked from
    csv_url, json_url = (url_with(call, format=wanted, page=None, after=None) for wanted in ("csv", "json"))
    urls = {"url": lambda **changes: url_with(call, **changes), "csv_url": csv_url, "json_url": json_url}
    return call.page(template, **{"listing": listing, **urls, **shown})


def _after(call: Call, listing: Listing) -> str | None:
    """What the JSON names as the next: a cursor, or the URL of the next page."""
    if listing.next is not None or listing.paging is None:
        return listing.next
    paging = listing.paging
    return url_with(call, page=paging.number + 1) if paging.number < paging.last else None


def _file(call: Call, body: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'} if name else {}
    return Response(body, media_type=media_type, headers={**call.headers, **headers})


def _dated(row: Mapping[str, Any]) -> dict[str, Any]:
    """Times as RFC 3339 in UTC, so that no reader guesses the zone."""
    return {
        name: value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _number(call: Call, name: str, otherwise: int) -> int:
    text = call.asked(name)
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit()) or not 0 < len(text) < 10 or int(text) < 1:
        raise Refused(f"{name}: must be a whole number from 1, not {text[:20]!r}")
    return int(text)
