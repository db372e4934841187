"""A report of every app is the sum of the reports of each, each in its own currency."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ledger.apps import AppSettings
from ledger.report import ReportQuery, report
from ledger.report_cohorts import cohort_report
from tests.ledger.ad_rows import advertiser, spent
from tests.ledger.test_report import NOON, an_app, happened, installed
from tests.ledger.test_report import ledger as ledger  # noqa: PLC0414 - the fixture
from tests.ledger.test_report_spend import by_table

pytestmark = pytest.mark.anyio
DAY = date(2026, 11, 20)
LATER = datetime(2026, 12, 31, tzinfo=UTC)
EVERY_APP = ReportQuery(None, ("day",))


async def sold(ledger: Any, app_id: str, settings: AppSettings, value: str, currency: str | None) -> None:
    """An app whose one credited install paid this."""
    await an_app(ledger, app_id, settings)
    install_id = await installed(ledger, NOON, {"campaign_id": "c1"})
    await happened(ledger, install_id, f"sale-of-{app_id}", "purchase", value)
    await ledger.execute("UPDATE events SET currency = $2 WHERE event_id = $1", f"sale-of-{app_id}", currency)
    for table in ("installs", "events"):
        await ledger.execute(f"UPDATE {table} SET app_id = $2 WHERE install_id = $1", install_id, app_id)  # noqa: S608


@pytest.mark.parametrize(
    ("pounds", "told"), [(AppSettings(currency="GBP"), 106), (AppSettings(), 106), (AppSettings(currency="EUR"), 105)]
)
async def test_a_sale_without_a_currency_is_in_its_apps_own(ledger: Any, pounds: AppSettings, told: float) -> None:
    await sold(ledger, "app_1", pounds, "5", None)
    await advertiser(ledger, "app_1", currency="GBP")
    await sold(ledger, "app_2", AppSettings(), "100", "EUR")
    totals = (await report(ledger, EVERY_APP, by_table))["totals"]
    assert (totals["currency"], totals["revenue"], totals["revenue_other"]) == ("EUR", told, {})
    totals = (await cohort_report(ledger, EVERY_APP, LATER, by_table))["totals"]
    assert (totals["currency"], totals["installs"], totals["revenue_d0"]) == ("EUR", 2, told)


async def test_spend_of_an_advertiser_without_a_currency_is_in_its_apps_own(ledger: Any) -> None:
    await an_app(ledger, "app_1", AppSettings(currency="GBP"))
    await advertiser(ledger, "app_1", currency="")
    await spent(ledger, DAY, "5")
    await sold(ledger, "app_2", AppSettings(), "100", "EUR")
    totals = (await report(ledger, EVERY_APP, by_table))["totals"]
    assert (totals["currency"], totals["spend"], totals["cpi"]) == ("EUR", 6, 6)
