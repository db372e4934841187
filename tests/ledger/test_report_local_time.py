"""The report's days and hours are those of the app's zone."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.apps import AppSettings
from ledger.report import ReportQuery, report
from ledger.setting_values import SettingError
from tests.ledger.test_report import an_app, asked, installed, visited
from tests.ledger.test_report import ledger as ledger  # noqa: PLC0414 - the fixture

pytestmark = pytest.mark.anyio
CLICK = {"campaign_id": "42"}


def counts(found: dict[str, Any]) -> dict[str, int]:
    return {next(iter(row["key"].values())): row["link_clicks"] for row in found["rows"]}


async def every_hour(pool: Any, first: datetime, days: int) -> None:
    for hour in range(24 * days):
        await visited(pool, "click", 1, first + timedelta(hours=hour))


@pytest.mark.parametrize(
    ("zone", "first", "day", "hours"),
    [
        ("Europe/Berlin", datetime(2026, 3, 27, tzinfo=UTC), date(2026, 3, 29), 23),
        ("Europe/Berlin", datetime(2026, 10, 23, tzinfo=UTC), date(2026, 10, 25), 25),
        ("America/Edmonton", datetime(2026, 10, 30, tzinfo=UTC), date(2026, 11, 1), 24),
        ("America/Vancouver", datetime(2026, 12, 13, tzinfo=UTC), date(2026, 12, 15), 24),
        ("Atlantic/Azores", datetime(2026, 10, 23, tzinfo=UTC), date(2026, 10, 25), 25),
    ],
)
async def test_days_and_hours_add_up(ledger: Any, zone: str, first: datetime, day: date, hours: int) -> None:
    await an_app(ledger, settings=AppSettings(timezone=zone))
    await every_hour(ledger, first, 5)
    by_day, by_hour = counts(await asked(ledger)), counts(await asked(ledger, "hour"))
    assert by_day[day.isoformat()] == hours
    summed: Counter[str] = Counter()
    for hour, visits in by_hour.items():
        summed[hour[:10]] += visits
    assert summed == by_day
    assert set(by_hour.values()) == {1}
    assert sum(by_day.values()) == 120
    within = await asked(ledger, "hour", day, day)
    assert within["totals"]["link_clicks"] == hours
    instants = [datetime.fromisoformat(row["key"]["hour"]) for row in within["rows"]]
    assert instants == sorted(instants)


async def test_the_clocks_of_edmonton_stay_at_the_end_of_october_2026(ledger: Any) -> None:
    await an_app(ledger, settings=AppSettings(timezone="America/Edmonton"))
    await visited(ledger, "click", 3, datetime(2026, 11, 3, 6, tzinfo=UTC))
    assert counts(await asked(ledger, "hour")) == {"2026-11-03T00:00-06:00": 3}


async def test_a_click_and_its_install_stand_in_one_hour_of_kolkata(ledger: Any) -> None:
    await an_app(ledger, settings=AppSettings(timezone="Asia/Kolkata"))
    at = datetime(2026, 11, 20, 14, 34, tzinfo=UTC)
    await visited(ledger, "click", 1, at.replace(minute=30))
    await installed(ledger, at, CLICK)
    [row] = (await asked(ledger, "hour"))["rows"]
    assert (row["key"], row["link_clicks"], row["installs"]) == ({"hour": "2026-11-20T20:00+05:30"}, 1, 1)


async def test_without_an_app_each_has_days_of_its_own_zone(ledger: Any) -> None:
    await an_app(ledger)
    await an_app(ledger, "app_2", AppSettings(timezone="America/Edmonton"))
    for app_id in ("app_1", "app_2"):
        await visited(ledger, "click", 1, datetime(2026, 11, 20, 23, 30, tzinfo=UTC), link=f"link-of-{app_id}")
    assert counts(await report(ledger, ReportQuery(None, ("day",), None, None))) == {"2026-11-20": 1, "2026-11-21": 1}
    first = await report(ledger, ReportQuery(None, ("link",), None, date(2026, 11, 20)))
    assert counts(first) == {"link-of-app_2": 1}


async def test_a_stored_zone_that_is_none_is_refused_by_name(ledger: Any) -> None:
    await an_app(ledger, settings=AppSettings(timezone="localtime"))
    with pytest.raises(SettingError, match="app_1 timezone="):
        await asked(ledger)


async def test_no_sql_of_ours_converts_by_a_zone_name() -> None:
    sources = [*Path(__file__).parents[2].glob("*/**/*.py"), *Path(__file__).parents[2].glob("*/**/*.sql")]
    ours = [path for path in sources if "tests" not in path.parts and ".venv" not in path.parts]
    assert ours
    assert [
        path for path in ours if re.search(r"AT\s+TIME\s+ZONE|date_trunc\s*\(", path.read_text("utf-8"), re.I)
    ] == []
