"""Days and hours of an account are its own: 23 hours, 25 hours, changed rules, evenings."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.ad_accounts.import_scene import OPENED, Clock, ImportScene, import_scene, spent

pytestmark = pytest.mark.anyio

LONG_DAY = date(2026, 10, 25)  # Berlin's clocks go back at 03:00
NOW_THEN = datetime(2026, 10, 26, 9, tzinfo=UTC)


@pytest.fixture
async def autumn(database_url: str):  # type: ignore[no-untyped-def]
    async with import_scene(database_url, Clock(NOW_THEN)) as scene:
        await scene.connect(opened_at=datetime(2026, 10, 20, tzinfo=UTC))
        yield scene


TWICE = (
    spent("2026-10-25T02:00:00+02:00", "1.00"), spent("2026-10-25T02:00:00+01:00", "4.00"),
    spent("2026-10-25 23", "2.00"), spent("2026-10-25 00", "0.50"),
)  # fmt: skip


async def test_on_a_day_of_25_hours_a_merged_hour_is_the_first_of_the_two(autumn: ImportScene) -> None:
    await autumn.load(*TWICE, repeated_hour="merged")
    await autumn.turns()
    assert await autumn.days() == {LONG_DAY: Decimal("7.50")}
    assert await autumn.hours(LONG_DAY) == {
        "10-24 22:00": Decimal("0.5"), "10-25 00:00": Decimal(5), "10-25 22:00": Decimal(2),
    }  # fmt: skip


@pytest.mark.parametrize("reported", ["doubled", "first"])
async def test_what_the_hours_of_a_long_day_leave_out_stays_with_the_day(autumn: ImportScene, reported: str) -> None:
    await autumn.load(*TWICE, repeated_hour=reported)
    await autumn.turns()
    assert await autumn.days() == {LONG_DAY: Decimal("7.50")}
    hours = await autumn.hours(LONG_DAY)
    assert list(hours) == ["10-24 22:00", "10-25 00:00", "10-25 22:00"]
    assert hours["10-25 00:00"] in (Decimal(1), Decimal(4))
    assert sum(hours.values()) < Decimal("7.50")


async def test_on_a_day_of_23_hours_no_hour_is_invented(database_url: str) -> None:
    short_day = date(2026, 3, 29)
    async with import_scene(database_url, Clock(datetime(2026, 3, 30, 9, tzinfo=UTC))) as scene:
        await scene.connect(opened_at=datetime(2026, 3, 20, tzinfo=UTC))
        await scene.load(spent("2026-03-29 01", "1.00"), spent("2026-03-29 03", "2.00"), spent("2026-03-29 23", "4.00"))
        await scene.turns()
        assert await scene.hours(short_day) == {
            "03-29 00:00": Decimal(1), "03-29 01:00": Decimal(2), "03-29 21:00": Decimal(4),
        }  # fmt: skip
        assert await scene.days() == {short_day: Decimal(7)}


@pytest.mark.parametrize("zone", ["America/Vancouver", "America/Edmonton", "Africa/Casablanca", "America/Asuncion"])
async def test_a_zone_that_changed_its_rules_is_read_by_the_one_source_of_local_time(
    database_url: str, zone: str
) -> None:
    """British Columbia keeps summer time from 2026 on; the database the process brings along says so."""
    from ledger.local_time import local_day, local_hour

    async with import_scene(database_url, Clock(datetime(2026, 11, 20, 20, tzinfo=UTC))) as scene:
        await scene.connect(opened_at=OPENED, zone=zone)
        await scene.load(spent("2026-11-19 23", "1.00"), display_timezone=zone)
        await scene.turns()
        (row,) = await scene.pool.fetch("SELECT day, begins_at FROM ad_hours")
        assert local_hour(zone, row["begins_at"])[:13] == "2026-11-19T23"
        assert local_day(zone, row["begins_at"]) == row["day"] == date(2026, 11, 19)


async def test_a_late_evening_belongs_to_its_own_day_and_not_to_the_day_in_utc(database_url: str) -> None:
    """Trap 41: a range cut in UTC lost the evening."""
    async with import_scene(database_url, Clock(datetime(2026, 11, 20, 20, tzinfo=UTC))) as scene:
        await scene.connect(zone="America/Los_Angeles")
        await scene.load(spent("2026-11-19 23", "9.00"), display_timezone="America/Los_Angeles")
        await scene.turns()
        assert await scene.days() == {date(2026, 11, 19): Decimal(9)}
        assert await scene.hours(date(2026, 11, 19)) == {"11-20 07:00": Decimal(9)}


async def test_today_is_the_accounts_today(database_url: str) -> None:
    """It is the 21st in Auckland while UTC has the 20th: hours ahead of UTC were lost by others."""
    async with import_scene(database_url, Clock(datetime(2026, 11, 20, 20, tzinfo=UTC))) as scene:
        await scene.connect(zone="Pacific/Auckland")
        await scene.load(spent("2026-11-21 08", "3.00"), display_timezone="Pacific/Auckland")
        await scene.turns()
        assert await scene.hours(date(2026, 11, 21)) == {"11-20 19:00": Decimal(3)}
