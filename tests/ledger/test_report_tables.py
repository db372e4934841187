"""Which roll-ups a report reads."""

import pytest

from ledger.report_agreement import CUTS
from ledger.report_dimensions import By
from ledger.report_tables import OF_COHORTS, OF_TIME, smallest


@pytest.mark.parametrize(
    ("by", "table"),
    [
        (("day",), "report_campaign_days"),
        (("day", "campaign"), "report_campaign_days"),
        (("platform", "link"), "report_campaign_days"),
        (("adgroup",), "report_days"),
        (("campaign", "ad"), "report_days"),
        (("creative",), "report_days"),
        (("country",), "report_country_days"),
        (("country", "campaign"), "report_country_days"),
        (("hour",), "report_campaign_hours"),
        (("hour", "campaign"), "report_campaign_hours"),
        (("hour", "ad"), "report_hours"),
    ],
)
def test_a_report_reads_the_smallest_table_that_tells_its_rows_apart(by: tuple[By, ...], table: str) -> None:
    assert smallest(OF_TIME, by).table == table


@pytest.mark.parametrize(
    ("by", "table"), [(("day",), "report_campaign_cohorts"), (("campaign", "adgroup"), "report_cohorts")]
)
def test_cohorts_do_too(by: tuple[By, ...], table: str) -> None:
    assert smallest(OF_COHORTS, by).table == table


def test_doctor_recounts_what_each_table_says() -> None:
    assert {smallest(OF_TIME, by) for by in CUTS} == set(OF_TIME)
