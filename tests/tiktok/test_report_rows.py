"""Rows of reports, as TikTok has answered them."""

from datetime import datetime
from decimal import Decimal

from tests.tiktok.asked import report_row
from tiktok.report_rows import read_rows

DAY = ("ad_id_v2", "stat_time_day")
HOUR = ("ad_id_v2", "stat_time_hour")
MIDNIGHT = datetime(2025, 12, 3)  # noqa: DTZ001 - wall clock of the account


def test_a_row_of_tiktoks_own_example() -> None:
    (row,) = read_rows(
        [
            {
                "dimensions": {"ad_id_v2": "1800000000000001", "stat_time_day": "2025-12-03 00:00:00"},
                "metrics": {
                    "ad_id_v2": "1800000000000001", "ad_name": "A", "impressions": "1079", "spend": "14.68",
                    "campaign_automation_type": "UPGRADED_SMART_PLUS",
                },
            }
        ],
        DAY,
    )  # fmt: skip
    assert (row.entity_id, row.at, row.names) == ("1800000000000001", MIDNIGHT, {"ad_name": "A"})
    assert (row.figures.spend, row.figures.impressions) == (Decimal("14.68"), 1079)


def test_a_row_by_country() -> None:
    said = {"campaign_id": "1700000000000001", "stat_time_day": "2021-10-20 00:00:00", "country_code": "US"}
    dimensions = ("campaign_id", "stat_time_day", "country_code")
    (row,) = read_rows([{"dimensions": said, "metrics": {"spend": "20.000", "clicks": "53"}}], dimensions)
    assert (row.country, row.campaign_id, row.figures.clicks) == ("US", "1700000000000001", 53)


def test_a_dash_is_unknown_and_not_zero() -> None:
    (row,) = read_rows([report_row("1", "2025-12-03 00:00:00", conversion="-", complete_payment="0", reach="-")], DAY)
    assert row.figures.conversions is None
    assert row.figures.purchases == 0
    assert row.figures.reach is None


def test_conversions_may_be_parts() -> None:
    (row,) = read_rows([report_row("1", "2025-12-03 00:00:00", conversion="2.37")], DAY)
    assert row.figures.conversions == Decimal("2.37")


def test_total_complete_payment_rate_is_the_value() -> None:
    (row,) = read_rows([report_row("1", "2025-12-03 00:00:00", total_complete_payment_rate="199.98")], DAY)
    assert row.figures.purchase_value == Decimal("199.98")


def test_ids_beyond_2_to_the_53_stay_whole() -> None:
    big = 2**53 + 1
    (row,) = read_rows([{"dimensions": {"ad_id_v2": big, "stat_time_day": "2025-12-03"}, "metrics": {}}], DAY)
    assert row.entity_id == str(big)


def test_of_an_hour_that_comes_twice_the_last_row_stays() -> None:
    rows = [report_row("1", "2026-10-25 01:30:00", spend=spend) for spend in ("1.00", "2.50")]
    (row,) = read_rows(rows, HOUR)
    assert row.figures.spend == Decimal("2.50")


def test_a_row_of_zeros_is_empty_and_one_without_spend_is_not() -> None:
    zero, shown = read_rows(
        [
            report_row("1", "2025-12-03 00:00:00", impressions="0", clicks="0", conversion="0.00", reach="0"),
            report_row("2", "2025-12-03 00:00:00", spend="0.000", impressions="12"),
        ],
        DAY,
    )
    assert zero.figures.empty
    assert not shown.figures.empty


def test_further_figures_are_kept_where_they_are_not_zero() -> None:
    metrics = {"form": "3", "on_web_subscribe": "0", "download_start": "-", "unheard_of": "5"}
    (row,) = read_rows([report_row("1", "2025-12-03 00:00:00", **metrics)], DAY)
    assert row.figures.metrics == {"form": "3"}


def test_rows_that_do_not_say_what_they_are_about_are_dropped() -> None:
    broken = [
        {}, {"dimensions": None, "metrics": {}}, {"dimensions": {"ad_id_v2": "1"}, "metrics": {}},
        {"dimensions": {"ad_id_v2": "0", "stat_time_day": "2025-12-03"}, "metrics": {}},
        {"dimensions": {"ad_id_v2": "1", "stat_time_day": "yesterday"}, "metrics": {}},
    ]  # fmt: skip
    assert read_rows(broken, DAY) == []


def test_a_row_of_the_account_needs_no_id() -> None:
    said = {"dimensions": {"stat_time_day": "2025-12-03 00:00:00"}, "metrics": {"spend": "176.93"}}
    (row,) = read_rows([said], ("advertiser_id", "stat_time_day"))
    assert (row.entity_id, row.figures.spend) == ("", Decimal("176.93"))
