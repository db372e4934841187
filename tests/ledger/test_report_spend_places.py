"""Which hours of an advertiser's are looked at, and where they go."""

from datetime import date

import pytest

from ledger.report_spend_places import Span, by_hour, reached

DAY, NEXT = date(2026, 11, 20), date(2026, 11, 21)
BEFORE, AFTER = date(2026, 11, 18), date(2026, 11, 23)  # as far as a day's hours can be from it in another zone


@pytest.mark.parametrize(
    ("asked", "days"),
    [
        ((None, None), (BEFORE, AFTER)),
        ((None, DAY), (BEFORE, DAY)),
        ((DAY, None), (DAY, AFTER)),
        ((date(2025, 11, 1), date(2026, 11, 30)), (BEFORE, AFTER)),
        ((DAY, DAY), (DAY, DAY)),
    ],
)
def test_days_that_tiktok_told_nothing_of_are_not_gone_through(
    asked: tuple[date | None, date | None], days: tuple[date, date]
) -> None:
    assert reached(asked, (DAY, NEXT)) == days


def test_days_long_before_tiktok_told_of_any_have_no_hours() -> None:
    days = reached((None, date(2020, 1, 1)), (DAY, NEXT))
    assert by_hour(Span(*days, "Asia/Tokyo", "Europe/Berlin")).day == []
