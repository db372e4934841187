"""Which days are asked for when."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ad_accounts.import_schedule import Calendar, retry_after

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def calendar(zone: str = "UTC", now: datetime = NOW, opened_at: datetime | None = None) -> Calendar:
    return Calendar(zone, now, opened_at)


def test_the_window_is_that_of_attribution_and_never_shorter_than_spend_takes_to_settle() -> None:
    assert calendar().current(None) == date(2026, 11, 13)
    assert calendar().current(None, window_days=28) == date(2026, 10, 23)
    assert calendar().current(None, window_days=1) == date(2026, 11, 17)


def test_the_window_reaches_back_to_the_last_good_pull() -> None:
    assert calendar().current(NOW - timedelta(days=20)) == date(2026, 10, 24)
    assert calendar().current(NOW + timedelta(days=20)) == date(2026, 11, 13)  # by a clock that was ahead


def test_no_day_before_the_account_was_opened_is_asked_for() -> None:
    opened = calendar(opened_at=datetime(2026, 11, 18, 12, tzinfo=UTC))
    assert opened.current(None) == date(2026, 11, 18)
    assert opened.backfill(date(2026, 11, 18)) is None


def test_an_account_that_opens_in_the_future_has_today() -> None:
    assert calendar(opened_at=NOW + timedelta(days=3)).current(None) == date(2026, 11, 20)


def test_the_first_import_goes_back_a_year_in_spans_without_gap_or_overlap() -> None:
    days, back_to = [], date(2026, 11, 13)
    while span := calendar().backfill(back_to):
        days += [span[0] + timedelta(days=number) for number in range((span[1] - span[0]).days + 1)]
        assert (span[1] - span[0]).days < 30
        back_to = span[0]
    assert sorted(days) == [date(2025, 11, 20) + timedelta(days=number) for number in range(358)]


@pytest.mark.parametrize(
    ("zone", "now", "placed"),
    [
        ("UTC", datetime(2026, 11, 20, 10, tzinfo=UTC), date(2026, 11, 18)),
        ("UTC", datetime(2026, 11, 20, 11, tzinfo=UTC), date(2026, 11, 19)),
        ("Asia/Tokyo", datetime(2026, 11, 20, 2, tzinfo=UTC), date(2026, 11, 19)),
    ],
)
def test_countries_are_known_eleven_hours_after_the_day(zone: str, now: datetime, placed: date) -> None:
    assert calendar(zone, now).placed() == placed


def test_retries_double_from_a_minute_to_an_hour() -> None:
    assert [retry_after(failures).total_seconds() / 60 for failures in (1, 2, 3, 6, 7, 50)] == [1, 2, 4, 32, 60, 60]
