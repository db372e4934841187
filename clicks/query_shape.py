"""Where the queries of an ad have what is a click's own: once one was cut, the next need not be taken apart.

TikTok fills in the same link for every click, so the queries of an ad differ in a few values at the same places. A
shape is what stands between these; a query that has it is cut into the very parts that `cut_own` finds, or not at all.
"""

import re

import msgspec

from clicks.cut_query import OWN, mark_of

FIRST = b"&callback="  # stands before the first of a click's own values in the links that `signalpost link` makes
# values that can be no separator, whatever mail programs and browsers do to one: see `clicks.macros.straightened`
_HARMLESS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
_CUT = re.compile(rb"([\x02-\x05])")  # the marks of `cut_own`


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where a value of a click's own stands: its parameter, the mark for it, and what stands behind it."""

    name: bytes
    mark: bytes
    behind: bytes


class QueryShape(msgspec.Struct, frozen=True):
    """`shared` is what `cut_own` leaves of queries that begin with `begin` and have values at `places`."""

    shared: bytes
    begin: bytes
    places: tuple[Place, ...]

    def own_values(self, query: bytes, address: bytes, user_agent: bytes) -> tuple[bytes, ...] | None:
        """The values that `cut_own` would find in a query with this beginning; None where it has another shape."""
        own: list[bytes] = []
        at = len(self.begin)
        for place in self.places:
            end = query.find(b"&", at)
            if end < 0:
                end = len(query)
            value = query[at:end]
            if not value or value[:1] == b"_" or mark_of(place.name, value, address, user_agent) != place.mark:
                return None
            if place.mark == OWN:
                if value.translate(None, _HARMLESS):
                    return None
                own.append(value)
            if not query.startswith(place.behind, end):
                return None
            at = end + len(place.behind)
        return tuple(own) if at == len(query) else None


def beginning(query: bytes) -> bytes:
    """A query up to the first of its own values, where that stands where our links have it; else nothing."""
    at = query.find(FIRST)
    return query[: at + len(FIRST)] if at >= 0 else b""


def shape_of(query: bytes, shared: bytes) -> QueryShape | None:
    """The shape of a query of which `cut_own` left this; None where it has none that could be known again."""
    begin, *rest = _CUT.split(shared)
    if not rest or begin != beginning(query) or _CUT.search(query):
        return None
    befores = (begin, *rest[1::2])
    places = [
        Place(before[before.rfind(b"&") + 1 : -1], mark, behind)
        for before, mark, behind in zip(befores, rest[::2], rest[1::2], strict=False)
    ]
    return QueryShape(shared, begin, tuple(places))
