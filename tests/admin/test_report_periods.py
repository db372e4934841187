"""Periods in an app's own days: ends, comparisons, hours of a day that has 23 or 25 of them."""

from datetime import UTC, date, datetime

import pytest

from admin.refusal import Refused
from admin.report_periods import Period, PeriodAsked, period_of

# half past one in the morning of the 21st in Berlin
NOW = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)


def period(name: str = "", first: str = "", last: str = "", now: datetime = NOW) -> Period:
    return period_of(PeriodAsked(name, first, last), "Europe/Berlin", now)


@pytest.mark.parametrize(
    ("name", "first", "before"),
    [
        ("today", date(2026, 11, 21), (date(2026, 11, 20), date(2026, 11, 20))),
        ("7d", date(2026, 11, 15), (date(2026, 11, 8), date(2026, 11, 14))),
        ("28d", date(2026, 10, 25), (date(2026, 9, 27), date(2026, 10, 24))),
        ("month", date(2026, 11, 1), (date(2026, 10, 1), date(2026, 10, 21))),
    ],
)
def test_a_named_range_ends_today_and_is_compared_with_as_many_days(
    name: str, first: date, before: tuple[date, date]
) -> None:
    found = period(name)
    assert (found.first, found.last, found.is_unfinished) == (first, date(2026, 11, 21), True)
    assert (found.before.first, found.before.last) == before


def test_a_long_month_is_compared_with_all_of_a_short_one() -> None:
    found = period("month", now=datetime(2026, 3, 31, 12, tzinfo=UTC))
    assert (found.before.first, found.before.last) == (date(2026, 2, 1), date(2026, 2, 28))


def test_today_is_the_apps() -> None:
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    assert period("today", now=late).first == date(2026, 11, 21)


def test_an_end_that_is_left_out_is_today() -> None:
    assert period(first="2026-11-19").last == date(2026, 11, 21)
    assert period(last="2026-11-19").first == date(2026, 11, 19)
    assert not period(last="2026-11-19").is_unfinished


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2026-03-29", 23), ("2026-11-20", 24)])
def test_each_hour_of_a_day_is_there_once(day: str, hours: int) -> None:
    keys = period(first=day, last=day).keys(NOW)
    assert len(keys) == len(set(keys)) == hours
    assert keys[0].startswith(f"{day}T00:00")


def test_hours_that_have_not_begun_are_not_there() -> None:
    assert period("today").keys(NOW) == ["2026-11-21T00:00+01:00", "2026-11-21T01:00+01:00"]


def test_days_step_over_the_change_of_the_clock() -> None:
    assert period(first="2026-10-23", last="2026-10-27").keys(NOW) == [f"2026-10-{day}" for day in range(23, 28)]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (("decade", "", ""), "range"),
        (("", "2026-11-09", "2026-11-08"), "from"),
        (("", "2026-11-22", ""), "from"),
        (("", "", "2026-11-22"), "to"),
        (("", "2024-01-01", ""), "from"),
        (("", "yesterday", ""), "from"),
    ],
)
def test_what_is_no_period_is_refused(asked: tuple[str, str, str], field: str) -> None:
    with pytest.raises(Refused) as refused:
        period(*asked)
    assert refused.value.field == field
