"""Periods of reports: named ones, in the days of the app's own time zone, each with the one before to compare with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal, get_args

from admin.refusal import Refused
from admin.times import parse_day
from ledger.local_time import day_begins, local_day, local_hour

Name = Literal["today", "7d", "28d", "month", "custom"]
NAMES: Final[tuple[Name, ...]] = get_args(Name)
USUAL: Final[Name] = "28d"
BY_HOUR_UP_TO: Final = 3  # days
LONGEST: Final = 400  # days, as a report has them
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Local days, both ends inclusive."""

    name: Name
    first: date
    last: date
    today: date
    zone: str

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def is_unfinished(self) -> bool:
        return self.last >= self.today

    @property
    def by_hour(self) -> bool:
        return self.length <= BY_HOUR_UP_TO

    @property
    def before(self) -> "Period":
        """As many days before it; of a month the same days of the one before."""
        last = self.first - _DAY
        first = last.replace(day=1) if self.name == "month" else self.first - self.length * _DAY
        if self.name == "month":
            last = min(last, first + (self.length - 1) * _DAY)
        return Period("custom", first, last, self.today, self.zone)

    def keys(self, now: datetime) -> list[str]:
        """Of every day, or every hour that has begun, as reports name them; a day that has 25 hours has them all."""
        return list(self._hours(now)) if self.by_hour else [str(self.first + day * _DAY) for day in range(self.length)]

    def _hours(self, now: datetime) -> Iterator[str]:
        # from instant to instant: the clock may be set back on the way
        at, end = day_begins(self.zone, self.first), day_begins(self.zone, self.last + _DAY)
        while at < end and at <= now:
            yield local_hour(self.zone, at)
            at += _HOUR


@dataclass(frozen=True, slots=True)
class PeriodAsked:
    """As a person gives it."""

    name: str = ""
    first: str = ""
    last: str = ""


def period_of(asked: PeriodAsked, zone: str, now: datetime) -> Period:
    """Days that were named without a range are `custom`.

    Raises:
        Refused: there is no such range.
        Misused: a day is none.
    """
    today = local_day(zone, now)
    first, last = parse_day("from", asked.first), parse_day("to", asked.last)
    name = asked.name or ("custom" if first or last else USUAL)
    if name == "custom":
        return _custom(first, last, today, zone)
    begins = {"today": today, "7d": today - 6 * _DAY, "28d": today - 27 * _DAY, "month": today.replace(day=1)}
    if name not in begins:
        raise Refused(f"range: must be one of {', '.join(NAMES)}, not {name[:20]!r}")
    return Period(next(one for one in NAMES if one == name), begins[name], today, today, zone)


def _custom(first: date | None, last: date | None, today: date, zone: str) -> Period:
    """An end that is left out is today; a begin that is left out is the end itself."""
    for field, day in (("from", first), ("to", last)):
        if day and day > today:
            raise Refused(f"{field}: {day} lies in the future; today is {today} in {zone}")
    last = last or today
    first = first or last
    if first > last:
        raise Refused(f"from: must not be later than to: {first} comes after {last}")
    if (last - first).days >= LONGEST:
        raise Refused(f"from: a report spans {LONGEST} days at most; {first} to {last} are more")
    return Period("custom", first, last, today, zone)
