"""Hours of local time."""

from zoneinfo import ZoneInfo

import pytest

from sandbox.accounts.hours import LocalHour, hour_at, read_hour

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-11-17 09:00:00", LocalHour("2026-11-17 09:00:00")),
        ("2026-11-17T09:59:59Z", LocalHour("2026-11-17 10:00:00")),
        ("2026-10-25 02:00:00", LocalHour("2026-10-25 02:00:00")),
        ("2026-10-25T02:00:00+02:00", LocalHour("2026-10-25 02:00:00")),
        ("2026-10-25T02:00:00+01:00", LocalHour("2026-10-25 02:00:00", 1)),
        ("2026-03-29T01:00:00Z", LocalHour("2026-03-29 03:00:00")),
    ],
)
def test_an_hour_is_read_in_the_zone(text: str, hour: LocalHour) -> None:
    assert read_hour(text, BERLIN) == hour
    assert hour_at(hour.starts_at(BERLIN), BERLIN) == hour


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-03-29 02:00:00", "does not exist"),
        ("2026-11-17 09:30:00", "neither"),
        ("2026-11-17T09:00:00", "neither"),
        ("2026-11-17", "neither"),
        ("nine", "Invalid isoformat"),
    ],
)
def test_what_is_no_hour_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_hour(text, BERLIN)


def test_the_two_hours_of_one_name_are_an_hour_apart_and_in_order() -> None:
    first, second = LocalHour("2026-10-25 02:00:00"), LocalHour("2026-10-25 02:00:00", 1)
    assert second.starts_at(BERLIN) - first.starts_at(BERLIN) == 3600
    assert first < second < LocalHour("2026-10-25 03:00:00")
