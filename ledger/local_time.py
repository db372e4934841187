"""Local days and hours: the one place where they are worked out.

The rules are those of the package `tzdata`, read from its own files: the system's and PostgreSQL's databases may be of
other years, and a report cut by two of them puts money on the wrong day.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from tzdata import IANA_VERSION

VERSION = IANA_VERSION
DEFAULT_ZONE = "UTC"
YEARS = range(2000, 9999)  # that may be asked about: at the calendar's ends no day has one before or after it
QUARTER = timedelta(minutes=15)  # every zone's offset has been a multiple of it since 1972

_LEAP_SECONDS_EXPIRE = "#expires"
# A release carries the newest leap second bulletin; one comes every half year and holds for the half year after next.
_BULLETIN_HOLDS = timedelta(days=182)
MAX_AGE = timedelta(days=365)


class UnknownZoneError(ValueError):
    """The time zone database has no zone of this name."""


@dataclass(frozen=True, slots=True)
class Period:
    """From one instant (Unix seconds, inclusive) up to another (exclusive); an open end is infinite."""

    begins_s: float
    ends_s: float


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Every name, older ones (`Asia/Calcutta`) included."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text("utf-8").split())


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Raises:
    UnknownZoneError: the database has no such zone; a path, or another case of the letters, is none.
    """
    if name not in zone_names():
        raise UnknownZoneError(name)
    # not ZoneInfo(name): that asks the system's files first
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


@lru_cache(maxsize=1)
def released_by() -> datetime:
    """The latest time at which this release of the database can have been made, to within some weeks."""
    text = resources.files("tzdata").joinpath("zoneinfo", "leapseconds").read_text("utf-8")
    expires_s = next(line.split()[1] for line in text.splitlines() if line.startswith(_LEAP_SECONDS_EXPIRE))
    return datetime.fromtimestamp(int(expires_s), UTC) - _BULLETIN_HOLDS


def is_outdated(released: datetime, now: datetime) -> bool:
    return now - released > MAX_AGE


@lru_cache(maxsize=65_536)
def day_begins(name: str, day: date) -> datetime:
    """The first instant of a local day in UTC: its first midnight where it has two, what follows the gap where it has
    none. A day that a zone skipped begins where the next one does.
    """
    own = zone(name)
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - wall clock, the zone follows
    first = midnight.replace(tzinfo=own).astimezone(UTC)
    if first.astimezone(own).replace(tzinfo=None, fold=0) == midnight:
        return first
    # within a gap: the reading with the offset after it lies before the change, the one with the offset before it after
    before, after = midnight.replace(tzinfo=own, fold=1).astimezone(UTC), first
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(own).date() >= day:
            after = middle
        else:
            before = middle
    return after


def local_day(name: str, at: datetime) -> date:
    """The local day that an instant belongs to. A clock set back over midnight does not bring yesterday back."""
    day = at.astimezone(zone(name)).date()
    following = day + timedelta(days=1)
    return following if at >= day_begins(name, following) else day


def local_hour(name: str, at: datetime) -> str:
    """The local hour of an instant, as RFC 3339 with the offset in force: `2026-10-25T02:00+01:00`."""
    local = at.astimezone(zone(name))
    offset_minutes = int((local.utcoffset() or timedelta()).total_seconds() // 60)
    sign = "-" if offset_minutes < 0 else "+"
    hours, minutes = divmod(abs(offset_minutes), 60)
    return f"{local:%Y-%m-%dT%H}:00{sign}{hours:02}:{minutes:02}"


def hour_begins(name: str, wall_clock: datetime) -> datetime | None:
    """The instant in UTC at which an hour begins that a clock of the zone shows as `wall_clock` (naive, a full hour).

    Of two hours of one name it is the first; one whose begin was skipped begins when the gap ends, and None is one that
    was skipped as a whole.
    """
    own = zone(name)
    for quarter in range(4):
        reading = wall_clock + quarter * QUARTER
        instant = reading.replace(tzinfo=own, fold=0).astimezone(UTC)
        if instant.astimezone(own).replace(tzinfo=None, fold=0) == reading:
            return instant
    return None


def period(name: str, first: date | None, last: date | None) -> Period:
    """From the begin of the first local day to the end of the last; None = no bound.

    Raises:
        UnknownZoneError: the database has no such zone.
    """
    zone(name)
    begins_s = day_begins(name, first).timestamp() if first else float("-inf")
    ends_s = day_begins(name, last + timedelta(days=1)).timestamp() if last else float("inf")
    return Period(begins_s, ends_s)
