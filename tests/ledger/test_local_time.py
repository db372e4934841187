"""Local days and hours, by the package's own database."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.local_time import (
    MAX_AGE,
    QUARTER,
    UnknownZoneError,
    day_begins,
    hour_begins,
    is_outdated,
    local_day,
    local_hour,
    period,
    released_by,
    zone,
    zone_names,
)

ZONES = st.sampled_from(sorted(zone_names()))
DAYS = st.dates(date(2012, 1, 1), date(2040, 1, 1))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "day", "begins", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-28T23:00", 23),
        ("Europe/Berlin", date(2026, 10, 25), "2026-10-24T22:00", 25),
        ("America/Edmonton", date(2026, 11, 1), "2026-11-01T06:00", 24),  # the clocks stay, since 2026f
        ("America/Vancouver", date(2026, 12, 15), "2026-12-15T07:00", 24),
        ("Atlantic/Azores", date(2026, 10, 25), "2026-10-25T00:00", 25),  # two midnights
        ("Africa/Cairo", date(2026, 4, 24), "2026-04-23T22:00", 23),  # no midnight
        ("Asia/Beirut", date(2026, 3, 29), "2026-03-28T22:00", 23),
        ("America/Havana", date(2024, 11, 3), "2024-11-03T04:00", 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), "2026-04-04T13:00", 24.5),
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00", 0),  # skipped
        ("Asia/Kathmandu", date(2026, 11, 20), "2026-11-19T18:15", 24),
        ("UTC", date(2026, 11, 20), "2026-11-20T00:00", 24),
    ],
)
def test_a_day_begins_at_its_first_instant(name: str, day: date, begins: str, hours: float) -> None:
    first = day_begins(name, day)
    assert first == utc(begins)
    assert day_begins(name, day + timedelta(days=1)) - first == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("name", "at", "hour"),
    [
        ("Europe/Berlin", "2026-10-25T00:30", "2026-10-25T02:00+02:00"),
        ("Europe/Berlin", "2026-10-25T01:30", "2026-10-25T02:00+01:00"),
        ("UTC", "2026-10-25T01:30", "2026-10-25T01:00+00:00"),
        ("Asia/Kolkata", "2026-11-20T14:34", "2026-11-20T20:00+05:30"),
        ("America/St_Johns", "2026-11-20T14:34", "2026-11-20T11:00-03:30"),
    ],
)
def test_an_hour_carries_its_offset(name: str, at: str, hour: str) -> None:
    assert local_hour(name, utc(at)) == hour


@given(ZONES, DAYS, st.integers(0, 95))
def test_each_quarter_of_an_hour_lies_in_the_one_day_that_it_is_of(name: str, day: date, quarter: int) -> None:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + quarter * QUARTER
    own = local_day(name, at)
    assert day_begins(name, own) <= at < day_begins(name, own + timedelta(days=1))
    bounds = period(name, own, own)
    assert bounds.begins_s <= at.timestamp() < bounds.ends_s


@pytest.mark.parametrize("name", ["posixrules", "localtime", "../UTC", "/etc/localtime", "europe/berlin", "Europe", ""])
def test_what_the_database_does_not_list_is_no_zone(name: str) -> None:
    with pytest.raises(UnknownZoneError):
        zone(name)


def test_every_zone_of_the_database_opens() -> None:
    assert all(zone(name).key == name for name in zone_names())


def test_a_release_is_outdated_after_a_year() -> None:
    released = released_by()
    assert released > utc("2026-07-01T00:00")
    assert not is_outdated(released, released + MAX_AGE)
    assert is_outdated(released, released + MAX_AGE + timedelta(days=1))


@pytest.mark.parametrize(
    ("name", "wall_clock", "begins"),
    [
        ("UTC", "2026-11-20T09:00", "2026-11-20T09:00+00:00"),
        ("Europe/Berlin", "2026-10-25T02:00", "2026-10-25T00:00+00:00"),  # the first of two
        ("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00+00:00"),
        ("Europe/Berlin", "2026-03-29T02:00", None),  # skipped
        ("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00+00:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:00", "2026-10-03T15:30+00:00"),  # its second half alone is there
        ("America/Havana", "2026-03-08T00:00", None),  # a day without midnight
        ("Asia/Kathmandu", "2026-11-20T00:00", "2026-11-19T18:15+00:00"),
    ],
)
def test_an_hour_of_a_clock_on_the_wall_begins_once_at_most(name: str, wall_clock: str, begins: str | None) -> None:
    found = hour_begins(name, datetime.fromisoformat(wall_clock))
    assert found == (datetime.fromisoformat(begins) if begins else None)
