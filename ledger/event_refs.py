"""Which event is meant: its app comes first, as in every key of the ledger."""

from collections.abc import Iterable

EventRef = tuple[str, int]
"""(app_id, event_key)."""


def columns_of(refs: Iterable[EventRef]) -> tuple[list[str], list[int]]:
    """The two parameters a statement takes for them, in one order everywhere."""
    ordered = sorted(refs)
    return [app_id for app_id, _ in ordered], [event_key for _, event_key in ordered]
