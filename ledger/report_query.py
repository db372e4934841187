"""What is asked of a report, from the texts that a person or program gives. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ledger.local_time import YEARS
from ledger.report_dimensions import AT_ONCE, DIMENSIONS, By

MOST_DAYS: Final = 400
TOMORROW: Final = timedelta(days=1)  # who asks may be a day ahead of the app


class QueryError(ValueError):
    """What was asked cannot be told.

    Args:
        field: by, from or to.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class RangeError(QueryError):
    """The days can be read, and are no period that a report has."""


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """What to report on."""

    app_id: str | None
    """None = every app, each in its own time zone."""
    by: tuple[By, ...]
    """One or two."""
    first_day: date | None = None
    """Inclusive, as is the last; None = no bound."""
    last_day: date | None = None


def dimensions(text: str) -> tuple[By, ...]:
    """One dimension, or two with a comma between them.

    Raises:
        QueryError: a report has no such dimension, or not these at once.
    """
    names = [name.strip() for name in text.split(",")]
    found = tuple(known for name in names for known in DIMENSIONS if name == known)
    if len(found) != len(names):
        raise QueryError("by", f"must be one or two of {', '.join(DIMENSIONS)}, not {text[:40]!r}")
    if len(set(found)) != len(found) or len(found) > AT_ONCE:
        raise QueryError("by", "takes one dimension, or two different ones such as day,campaign")
    if {"hour", "country"} <= set(found):
        raise QueryError("by", "hour and country do not go together: TikTok tells countries of whole days alone")
    return found


def read_query(app_id: str | None, by: str, first: str, last: str) -> ReportQuery:
    """By day where nothing else is asked.

    Raises:
        QueryError: there is no such dimension or day.
    """
    return ReportQuery(app_id, dimensions(by or "day"), day("from", first), day("to", last))


def day(field: str, text: str) -> date | None:
    """None for an empty text.

    Raises:
        QueryError: it is no day.
    """
    try:
        asked = date.fromisoformat(text) if text else None
    except ValueError:
        raise QueryError(field, f"{text[:40]!r} is not a day; write it as 2026-11-20") from None
    if asked and asked.year not in YEARS:
        raise QueryError(field, f"{text[:40]!r} must lie in the years {YEARS[0]} to {YEARS[-1]}")
    return asked


def check_range(query: ReportQuery, today: date) -> None:
    """`today` is the app's.

    Raises:
        RangeError: the period ends before it begins, lies in the future, or is longer than a report may be.
    """
    first, last = query.first_day, query.last_day
    if first and last and first > last:
        raise RangeError("from", f"must not be later than to: {first} comes after {last}")
    if first and first > today:
        raise RangeError("from", f"lies in the future: {first}, and today is {today}")
    if last and last > today + TOMORROW:
        raise RangeError("to", f"lies in the future: {last}, and today is {today}")
    if first and ((last or today) - first).days >= MOST_DAYS:
        raise RangeError("from", f"a report spans {MOST_DAYS} days at most; {first} to {last or today} are more")
