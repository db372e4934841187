"""Numbers, money and times as pages write them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from admin.times import named_zone
from console.numbers import Numbers, Shown, decimals_of, locale_of

GB = Numbers(locale_of("en-GB"), named_zone("Europe/Berlin"))
DE = Numbers(locale_of("de-DE,de;q=0.9,en;q=0.8"), named_zone(""))


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("EUR", 2), ("USD", 2), ("HUF", 2), ("IDR", 2), ("COP", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("BHD", 3)],
)
def test_money_has_the_decimals_of_iso_4217(currency: str, decimals: int) -> None:
    assert decimals_of(currency) == decimals
    _, _, fraction = GB.money(1234, currency).partition(".")
    assert len(fraction) == decimals


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (Decimal("1234.5"), "EUR", "€1,234.50"),
        (Decimal("-0.005"), "EUR", "-€0.00"),
        (1234.5, "JPY", "JP¥1,234"),
        (Decimal("12.3456"), "KWD", "KWD\u00a012.346"),
        (0, "EUR", "€0.00"),
        (None, "EUR", "–"),
        (12.5, "", "12.5"),
    ],
)
def test_money(value: float | Decimal | None, currency: str, text: str) -> None:
    assert GB.money(value, currency) == text


def test_money_adds_up_as_it_is_written() -> None:
    rows = [Decimal("0.10"), Decimal("0.20"), Decimal("0.30")]
    written = [Decimal(GB.money(row, "HUF").replace("HUF\u00a0", "")) for row in rows]
    assert sum(written) == sum(rows)


def test_the_viewers_spelling() -> None:
    assert DE.money(Decimal("1234.5"), "EUR") == "1.234,50\u00a0€"
    assert DE.percent(0.123) == "12,3\u00a0%"
    assert DE.count(12_345_678) == "12.345.678"


@pytest.mark.parametrize(
    ("value", "text"),
    [(2.5, "2.5"), (4.5, "4.5"), (1234.25, "1,234.25"), (7.0, "7"), (Decimal("3"), "3"), (-0.5, "-0.5")],
)
def test_a_part_of_a_conversion_is_counted(value: float | Decimal, text: str) -> None:
    """TikTok counts 2.5 for one ad and 2.5 for another: as 2 and 2 they did not come to the 5 at the foot."""
    assert (GB.count(value), GB.short_count(value).exact) == (text, text)


@pytest.mark.parametrize("header", ["", "*", "xx-YY", "de;q=x", "x" * 5000, "en-GB-oed", "\x00", ";;,,", "C"])
def test_a_language_that_nobody_knows_is_english(header: str) -> None:
    assert Numbers(locale_of(header), named_zone("")).count(1234) == "1,234"


def test_the_language_that_is_liked_best_counts() -> None:
    assert locale_of("en;q=0.5, de;q=0.9").language == "de"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (9_999, "9,999"), (12_345, "12.3k"), (123_456, "123k"), (12_345_678, "12.3M"),
     (1_234_567_890, "1.23B"), (None, "–"), (-12_345, "-12.3k")],
)  # fmt: skip
def test_three_digits_that_say_something_and_the_exact_number(value: int | None, text: str) -> None:
    assert GB.short_count(value) == Shown(text, GB.count(value))


def test_money_at_a_glance() -> None:
    assert GB.short_money(45_678.9, "EUR") == Shown("€45.7k", "€45,678.90")
    assert GB.short_money(3.7, "EUR") == Shown("€3.70", "€3.70")
    assert DE.short_money(45_678.9, "EUR").text == "45,7k\u00a0€"
    assert GB.short_money(45_678.9, "CHF").text == "CHF\u00a045.7k"
    assert GB.short_money(None, "EUR").text == "–"


def test_a_change_is_against_something() -> None:
    assert (GB.change(112, 100), GB.change(80, 100), GB.change(100, 100)) == ("+12%", "-20%", "0%")
    assert (GB.change(5, 0), GB.change(5, None), GB.change(None, 5)) == ("", "", "")


def test_a_division_by_zero_is_a_dash() -> None:
    assert (GB.ratio(None), GB.percent(None), GB.count(None)) == ("–", "–", "–")


def test_times_are_the_apps() -> None:
    at = datetime(2026, 10, 25, 0, 30, 15, tzinfo=UTC)
    assert GB.when(at) == "25 Oct, 02:30"
    assert GB.exactly(at) == "2026-10-25 02:30:15 Europe/Berlin (UTC+0200)"
    assert GB.exactly(at + timedelta(hours=1)) == "2026-10-25 02:30:15 Europe/Berlin (UTC+0100)"
    assert DE.when(at) == "25 Oct, 00:30"
    assert (GB.when(None), GB.exactly(None)) == ("–", "")


def test_what_was_lately_is_so_long_ago() -> None:
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    assert GB.ago(now - timedelta(minutes=4), now) == "4 minutes ago"
    assert GB.ago(now - timedelta(days=3), now) == "26 Nov, 13:00"
    assert GB.ago(None) == "–"


def test_bytes() -> None:
    assert [GB.short_bytes(size).text for size in (0, 999, 4_200, 4_200_000, 7 * 10**9)] == [
        "0\u00a0B", "999\u00a0B", "4.2\u00a0kB", "4.2\u00a0MB", "7\u00a0GB",
    ]  # fmt: skip


@pytest.mark.parametrize(("number", "text"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1234, "1,234 rows")])
def test_one_is_not_many(number: int, text: str) -> None:
    assert GB.counted(number, "row") == text


def test_a_time_of_another_year_names_it() -> None:
    now = datetime.now(GB.zone)
    assert GB.when(now.replace(month=3, day=4, hour=15, minute=6)) == "4 Mar, 15:06"
    assert GB.when(now.replace(year=2024, month=3, day=4, hour=15, minute=6)) == "4 Mar 2024, 15:06"


def test_whose_year_it_is_is_the_zones() -> None:
    year = datetime.now(GB.zone).year
    assert GB.when(datetime(year - 1, 12, 31, 23, 30, tzinfo=UTC)) == "1 Jan, 00:30"
