"""Cohorts: what the installs of a day brought, and when that can be told."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ledger.erasure import erase
from ledger.report_cohorts import cohort_columns, cohort_report
from ledger.report_query import QueryError, ReportQuery
from ledger.report_roll_ups import NOTHING, add_up
from tests.ledger.ad_rows import advertiser, spent
from tests.ledger.test_report import NOON, an_app, happened, installed
from tests.ledger.test_report import ledger as ledger  # noqa: PLC0414 - the fixture

pytestmark = pytest.mark.anyio
DAY = date(2026, 11, 20)
CLICK = {"campaign_id": "c1", "ad_id": "a1"}


async def a_cohort(ledger: Any, rolled_up: bool) -> None:
    """Two installs of one day that bring 1 on the day, 10 on the next, 100 on the seventh and 1000 on the fortieth."""
    await an_app(ledger)
    await advertiser(ledger)
    await spent(ledger, DAY, "50")
    first = await installed(ledger, NOON, CLICK)
    await installed(ledger, NOON, CLICK)
    await installed(ledger, NOON)
    for number, age in enumerate((0, 1, 7, 40)):
        await happened(ledger, first, f"e{number}", "purchase", str(10**number), at=NOON + timedelta(days=age))
    while rolled_up and await add_up(ledger, NOON) != NOTHING:
        pass


async def told(ledger: Any, today: date, *by: Any) -> dict[str, Any]:
    query = ReportQuery("app_1", by or ("day",), DAY, DAY)
    return await cohort_report(ledger, query, datetime(today.year, today.month, today.day, 12, tzinfo=UTC))


def revenue(row: dict[str, Any]) -> list[float | None]:
    return [row[f"revenue_d{age}"] for age in (0, 1, 3, 7, 14, 28)]


@pytest.mark.parametrize("rolled_up", [False, True])
async def test_revenue_and_roas_up_to_each_age(ledger: Any, rolled_up: bool) -> None:
    await a_cohort(ledger, rolled_up)
    [row] = (await told(ledger, DAY + timedelta(days=60)))["rows"]
    assert (row["key"], row["installs"], row["spend"], row["currency"]) == ({"day": "2026-11-20"}, 2, 50, "EUR")
    assert revenue(row) == [1, 11, 11, 111, 111, 111]
    assert [row[f"roas_d{age}"] for age in (0, 1, 7)] == [0.02, 0.22, 2.22]
    assert set(cohort_columns(("day",))) == {*row["key"], *row} - {"key"}


async def test_the_return_of_a_cohort_that_paid_without_a_rate_is_not_told(ledger: Any) -> None:
    await a_cohort(ledger, rolled_up=False)
    await ledger.execute("UPDATE apps SET settings = settings || $1", {"currency": "EUR"})
    await ledger.execute("UPDATE events SET currency = 'JPY' WHERE value IS NOT NULL")
    [row] = (await told(ledger, DAY + timedelta(days=60)))["rows"]
    assert (row["currency"], row["spend"], row["revenue_d7"], row["roas_d7"]) == ("EUR", 50, 0, None)


@pytest.mark.parametrize("rolled_up", [False, True])
@pytest.mark.parametrize(("today", "known"), [(0, []), (1, [1]), (2, [1, 11]), (7, [1, 11, 11]), (8, [1, 11, 11, 111])])
async def test_a_day_that_has_not_passed_is_not_told(
    ledger: Any, rolled_up: bool, today: int, known: list[int]
) -> None:
    await a_cohort(ledger, rolled_up)
    found = await told(ledger, DAY + timedelta(days=today))
    for row in (found["rows"][0], found["totals"]):
        assert revenue(row) == [*known, *[None] * (6 - len(known))]


async def test_a_campaigns_day_has_passed_when_that_of_its_last_install_has(ledger: Any) -> None:
    await a_cohort(ledger, True)
    await installed(ledger, NOON + timedelta(days=3), CLICK)
    await ledger.execute("UPDATE report_zones SET rules = ''")
    query = ReportQuery("app_1", ("campaign",), None, None)
    [row] = (await cohort_report(ledger, query, NOON + timedelta(days=5)))["rows"]
    assert (row["installs"], revenue(row)) == (3, [1, 11, None, None, None, None])


@pytest.mark.parametrize("added_up", [False, True])
async def test_an_install_that_is_erased_is_waited_for_no_longer(ledger: Any, added_up: bool) -> None:
    await a_cohort(ledger, True)
    late = await installed(ledger, NOON + timedelta(days=3), CLICK)
    await happened(ledger, late, "late", "purchase", "5", at=NOON + timedelta(days=3))
    await ledger.execute("UPDATE report_zones SET rules = ''")
    while await add_up(ledger, NOON) != NOTHING:
        pass
    async with ledger.acquire() as connection, connection.transaction():
        await erase(connection, b"key", "app_1", install_id=late)
    while added_up and await add_up(ledger, NOON) != NOTHING:
        pass
    [row] = (await cohort_report(ledger, ReportQuery("app_1", ("campaign",)), NOON + timedelta(days=5)))["rows"]
    assert (row["installs"], revenue(row)) == (2, [1, 11, 11, None, None, None])
    [row] = (await cohort_report(ledger, ReportQuery("app_1", ("day",)), NOON + timedelta(days=5)))["rows"]
    assert (row["key"], row["installs"]) == ({"day": "2026-11-20"}, 2)


async def test_cohorts_by_the_hour_are_refused(ledger: Any) -> None:
    with pytest.raises(QueryError, match="cohorts are by day"):
        await told(ledger, DAY, "hour")
