"""Which rows of a request TikTok's answer names. Pure.

The shapes are not documented. Seen in messages: `Batch.0.properties…`, `data.0.…`, `data[2]…`, counted from zero. What
the `data` of a partial success looks like was never seen, so every text in it is read like a message, and every object
that carries an index or an `event_id` of the request, unless it says that this row went well.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

_NAMED: Final = re.compile(r"\b(?:batch|data)(?:\.(\d{1,4})\b|\[(\d{1,4})\])", re.IGNORECASE)
_INDEX_KEYS: Final = ("index", "row", "row_index", "event_index", "data_index")
_GOOD: Final = frozenset({0, "0", "ok", "OK", "success", "SUCCESS"})


def rows_named(message: str, details: Any, event_ids: Sequence[str] = ()) -> set[int]:
    """Row numbers from zero. `details` is the answer's `data`, of any shape; `event_ids`: the request's, in order."""
    found = set(_in_text(message))
    rows = {event_id: row for row, event_id in enumerate(event_ids)}
    for part in _parts(details):
        if isinstance(part, str):
            found.update(_in_text(part))
        elif not any(_is_good(part.get(key)) for key in ("code", "status", "success")):
            found.update(_in_object(part, rows))
    return found


def _in_text(text: str) -> Iterator[int]:
    for dotted, bracketed in _NAMED.findall(text):
        yield int(dotted or bracketed)


def _in_object(part: Mapping[str, Any], rows: Mapping[str, int]) -> Iterator[int]:
    for key in _INDEX_KEYS:
        index = part.get(key)
        if isinstance(index, int) and not isinstance(index, bool) and index >= 0:
            yield index
    event_id = part.get("event_id")
    if isinstance(event_id, str) and event_id in rows:
        yield rows[event_id]


def _is_good(value: Any) -> bool:
    return value if isinstance(value, bool) else isinstance(value, str | int) and value in _GOOD


def _parts(data: Any) -> Iterator[str | Mapping[str, Any]]:
    """Every text and object in it, at any depth."""
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield value
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
