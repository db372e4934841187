"""Where an hour of an advertiser's goes in a report whose days are another zone's. Pure.

TikTok books spend on the advertiser's days, and on hours where it was asked by hour. A report in the advertiser's own
zone goes by the days. In another zone each hour goes to the day it lies in, and what a day has beyond its hours stays
on the day of that name: so no sum changes but by what the borders of the period cut off.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from ledger.local_time import QUARTER, day_begins, local_day, local_hour

ONE_DAY = timedelta(days=1)
FARTHEST = timedelta(days=2)  # days of one instant differ by no more between any two zones


@dataclass(slots=True)
class Places:
    """Columns of a statement's parameters: the hour `begins_at` of the advertiser's `day` counts `sign` times on
    `to_day` and in `hour` ('' = in none).
    """

    day: list[date] = field(default_factory=list)
    begins_at: list[datetime] = field(default_factory=list)
    to_day: list[date] = field(default_factory=list)
    hour: list[str] = field(default_factory=list)
    sign: list[int] = field(default_factory=list)

    def put(self, place: tuple[date, datetime], to_day: date, hour: str, sign: int) -> None:
        self.day.append(place[0])
        self.begins_at.append(place[1])
        self.to_day.append(to_day)
        self.hour.append(hour)
        self.sign.append(sign)


@dataclass(frozen=True, slots=True)
class Span:
    """Days of a report, and the zones they are counted in."""

    first: date
    last: date
    zone: str
    advertiser_zone: str

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def reached(asked: tuple[date | None, date | None], told: tuple[date, date]) -> tuple[date, date]:
    """The first and the last of the days asked for (None = no bound) that hours of the days told of can lie on. On all
    others there is nothing, and to go through the years before the first takes longer than the rest of a report.
    """
    first, last = told[0] - FARTHEST, told[1] + FARTHEST
    return max(asked[0] or first, first), min(asked[1] or last, last)


def moved(span: Span, by_day: bool) -> Places:
    """The hours that lie on another day than the advertiser's: taken from the one and put on the other. Where days are
    not told apart only those that cross a border of the period matter.
    """
    places = Places()
    if span.zone == span.advertiser_zone:
        return places
    for day, begins_at in _instants(span, None if by_day else FARTHEST):
        to_day = local_day(span.zone, begins_at)
        if to_day == day or (not by_day and span.holds(day) == span.holds(to_day)):
            continue
        if span.holds(day):
            places.put((day, begins_at), day, "", -1)
        if span.holds(to_day):
            places.put((day, begins_at), to_day, "", 1)
    return places


def by_hour(span: Span) -> Places:
    """Every hour in its place; taken from its day, of which what has no hour is left."""
    places = Places()
    for day, begins_at in _instants(span, None):
        to_day = local_day(span.zone, begins_at)
        if span.holds(day):
            places.put((day, begins_at), day, "", -1)
        if span.holds(to_day):
            places.put((day, begins_at), to_day, local_hour(span.zone, begins_at), 1)
    return places


def _instants(span: Span, near: timedelta | None) -> Iterator[tuple[date, datetime]]:
    """Each quarter of an hour of the advertiser's days that may matter, those within `near` of a border if given."""
    day = span.first - FARTHEST
    while day <= span.last + FARTHEST:
        if near is None or day <= span.first + near or day >= span.last - near:
            begins_at, ends_at = day_begins(span.advertiser_zone, day), day_begins(span.advertiser_zone, day + ONE_DAY)
            while begins_at < ends_at:
                yield day, begins_at
                begins_at += QUARTER
        day += ONE_DAY
