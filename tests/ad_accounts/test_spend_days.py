"""Rows of reports as rows of the ledger."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ad_accounts.spend_days import by_country, by_day, by_hour, days_of, reached, remainder
from ledger.spend_rows import SpendRow
from tiktok.report_rows import Figures, ReportRow

DAY = date(2026, 11, 20)


def row(entity_id: str = "1", at: datetime | None = None, country: str = "", **figures: Any) -> ReportRow:
    at = at or datetime(2026, 11, 20)  # noqa: DTZ001 - wall clock of the account
    return ReportRow(entity_id=entity_id, at=at, country=country, figures=Figures(**figures))


def test_a_day_without_rows_is_an_answer_too() -> None:
    assert by_day([], days_of(DAY, date(2026, 11, 21))) == {DAY: [], date(2026, 11, 21): []}


def test_rows_of_days_that_were_not_asked_for_are_left_out() -> None:
    assert by_day([row(at=datetime(2026, 11, 21), spend=Decimal(1))], [DAY]) == {DAY: []}  # noqa: DTZ001


def test_a_conversion_without_spend_is_kept() -> None:
    """It was seen on another day, and is booked on that of the click."""
    (kept,) = by_day([row(conversions=Decimal("0.5"))], [DAY])[DAY]
    assert (kept.spend, kept.conversions) == (0, Decimal("0.5"))


def test_impressions_that_cost_nothing_are_kept() -> None:
    assert len(by_day([row(impressions=12)], [DAY])[DAY]) == 1
    assert len(by_hour([row(impressions=12)], DAY, "UTC")) == 1


def test_a_country_that_tiktok_does_not_know_is_kept_as_unknown() -> None:
    rows = by_country([row(country="DE", spend=Decimal(1)), row(country="", spend=Decimal(2))], [DAY])[DAY]
    assert [(one.country, one.spend) for one in rows] == [("DE", 1), ("", 2)]


def test_an_hour_that_the_clocks_skipped_is_no_hour() -> None:
    at = datetime(2026, 3, 29, 2)  # noqa: DTZ001
    assert by_hour([row(at=at, spend=Decimal(1))], at.date(), "Europe/Berlin") == []


def test_half_an_hour_that_was_skipped_leaves_the_other_half() -> None:
    """Lord Howe moves its clocks by 30 minutes, from 02:00 to 02:30."""
    at = datetime(2026, 10, 4, 2)  # noqa: DTZ001
    (kept,) = by_hour([row(at=at, spend=Decimal(1))], at.date(), "Australia/Lord_Howe")
    assert kept.begins_at is not None
    assert kept.begins_at.isoformat() == "2026-10-03T15:30:00+00:00"


def ad(**fields: Any) -> SpendRow:
    return SpendRow(ad_id="1", **fields)


def test_what_the_account_has_beyond_its_ads_is_booked_above_them() -> None:
    control = Figures(spend=Decimal("15.38"), impressions=100, clicks=4, conversions=Decimal(5))
    rest = remainder([ad(spend=Decimal("8.63"), impressions=60, clicks=4, conversions=Decimal(2))], control)
    assert rest is not None
    assert (rest.ad_id, rest.spend, rest.impressions, rest.clicks) == ("", Decimal("6.75"), 40, 0)
    assert (rest.conversions, rest.purchases) == (Decimal(3), None)


def test_ads_that_agree_with_the_account_leave_no_rest() -> None:
    assert remainder([ad(spend=Decimal("8.63"))], Figures(spend=Decimal("8.630"))) is None


def test_an_account_without_a_row_takes_its_ads_back() -> None:
    rest = remainder([ad(spend=Decimal(2))], None)
    assert rest is not None
    assert rest.spend == -2


def test_conversions_that_few_ads_tell_of_are_not_lost() -> None:
    """Conversion metrics come for fewer ads than spend does."""
    rest = remainder([ad(spend=Decimal(1))], Figures(spend=Decimal(1), conversions=Decimal(3)))
    assert rest is not None
    assert (rest.spend, rest.conversions) == (0, Decimal(3))


@pytest.mark.parametrize("reach", [None, 0])
def test_nobody_reached_is_no_row(reach: int | None) -> None:
    assert reached([row(reach=reach)], [DAY]) == {DAY: {}}
