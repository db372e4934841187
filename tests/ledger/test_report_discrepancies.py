"""Our figures beside TikTok's, and why they may differ."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ledger.apps import AppSettings
from ledger.report_discrepancies import REASONS, discrepancy_columns, discrepancy_report
from ledger.report_query import ReportQuery
from tests.ledger.ad_rows import advertiser, spent
from tests.ledger.test_report import an_app, happened, installed
from tests.ledger.test_report import ledger as ledger  # noqa: PLC0414 - the fixture

pytestmark = pytest.mark.anyio
DAY = date(2026, 11, 20)
LONG_AFTER, SOON_AFTER = datetime(2026, 12, 20, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)


async def told(ledger: Any, now: datetime = LONG_AFTER) -> dict[str, Any]:
    return await discrepancy_report(ledger, ReportQuery("app_1", ("day",), DAY, DAY), now)


async def test_each_campaign_has_both_figures_and_their_difference(ledger: Any) -> None:
    await an_app(ledger)
    await advertiser(ledger)
    await spent(ledger, DAY, "1", conversions="3", purchases="1", purchase_value="10.5")
    install_id = await installed(ledger, click={"campaign_id": "c1"})
    for number in range(2):
        await happened(ledger, install_id, f"e{number}", "purchase", "4.25")
    found = await told(ledger)
    [row] = found["rows"]
    assert row["key"]["campaign_id"] == "c1"
    assert [row[name] for name in ("installs", "tiktok_installs", "installs_difference")] == [1, 3, -2]
    assert [row[name] for name in ("purchases", "tiktok_purchases", "purchases_difference")] == [2, 1, 1]
    assert [row[name] for name in ("revenue", "tiktok_revenue", "revenue_difference")] == [8.5, 10.5, -2]
    assert set(row["reasons"]) == {"view_through", "attribution_window", "interaction_day", "last_click"}
    assert set(row["reasons"]) < set(found["reasons"]) == set(REASONS)
    assert set(discrepancy_columns()) == {*row["key"], *row} - {"key"}


async def test_sums_without_a_rate_do_not_pass_for_agreement(ledger: Any) -> None:
    await an_app(ledger, settings=AppSettings(currency="USD"))
    await advertiser(ledger)
    await spent(ledger, DAY, "1", conversions="1", purchases="1", purchase_value="10.5")
    install_id = await installed(ledger, click={"campaign_id": "c1"})
    await happened(ledger, install_id, "e", "purchase", "4.25")
    [row] = (await told(ledger))["rows"]
    assert [row[name] for name in ("revenue", "tiktok_revenue", "revenue_difference")] == [0, None, None]
    assert (row["installs_difference"], row["purchases_difference"]) == (0, 0)


async def test_what_agrees_needs_no_reason(ledger: Any) -> None:
    await an_app(ledger)
    await advertiser(ledger)
    await spent(ledger, DAY, "1", conversions="1")
    await installed(ledger, click={"campaign_id": "c1"})
    assert [row["reasons"] for row in (await told(ledger))["rows"]] == [[]]


async def test_the_last_days_are_not_settled(ledger: Any) -> None:
    await an_app(ledger)
    await advertiser(ledger)
    await spent(ledger, DAY, "1", conversions="1")
    assert ["not_settled" in (await told(ledger, now))["rows"][0]["reasons"] for now in (SOON_AFTER, LONG_AFTER)] == [
        True, False,
    ]  # fmt: skip


async def test_another_zone_and_withheld_consent_are_named(ledger: Any) -> None:
    await an_app(ledger)
    await advertiser(ledger, timezone="America/New_York")
    await spent(ledger, DAY, "1", conversions="0", campaign_id="c1")
    install_id = await installed(ledger, click={"campaign_id": "c1"})
    await ledger.execute("INSERT INTO pixels (pixel_id, app_id, code, token_encrypted) VALUES ('p', 'app_1', 'C', '')")
    await ledger.execute(
        "INSERT INTO deliveries (app_id, pixel_id, event_key, event_id, source_event_id, source_event, target_event,"
        " state, reason) SELECT app_id, 'p', event_key, 'e', event_id, name, 'Download', 'suppressed', 'consent denied'"
        " FROM events WHERE install_id = $1", install_id,
    )  # fmt: skip
    reasons = (await told(ledger))["rows"][0]["reasons"]
    assert {"zone_differs", "consent_withheld"} <= set(reasons)
    assert "view_through" not in reasons
