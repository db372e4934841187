"""What a turn of the import reads, and what becomes of it, against the sandbox and a real ledger."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ledger.ads import name_ads
from ledger.spend_progress import ImportLease, take_lease
from tests.ad_accounts.import_scene import APP, ImportScene, spent
from tests.sandbox.accounts.examples import (
    ACCESS,
    AD,
    ADGROUP,
    ADVERTISER,
    CAMPAIGN,
    CREATIVE,
    CREATIVE_2,
    SMART_AD,
)

pytestmark = pytest.mark.anyio

TODAY, YESTERDAY = date(2026, 11, 20), date(2026, 11, 19)


async def test_the_first_turns_read_today_and_then_the_past_back_to_the_accounts_opening(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "1.25"), spent("2026-11-02 09", "7.50"), spent("2026-11-19 23", "2.00"))
    await scene.turn()
    assert await scene.days() == {TODAY: Decimal("1.25"), YESTERDAY: Decimal(2)}
    assert await scene.turns() == 1
    assert await scene.days() == {TODAY: Decimal("1.25"), YESTERDAY: Decimal("2"), date(2026, 11, 2): Decimal("7.5")}
    assert (await scene.progress()).backfilled_to == date(2026, 11, 1)
    assert await scene.hours(TODAY) == {"11-20 08:00": Decimal("1.25")}
    assert await scene.hours(YESTERDAY) == {"11-19 22:00": Decimal("2")}


async def test_a_year_is_read_in_spans_of_30_days_latest_first(scene: ImportScene) -> None:
    await scene.pool.execute("UPDATE advertisers SET opened_at = NULL")
    await scene.load(spent("2025-11-20 09", "3.00"), spent("2025-11-19 09", "9.00"))
    assert await scene.turns() == 13
    assert (await scene.progress()).backfilled_to == date(2025, 11, 20)
    assert await scene.days() == {date(2025, 11, 20): Decimal(3)}


async def test_spend_is_asked_for_again_each_hour_and_not_before(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "1.25"))
    await scene.turns()
    await scene.correct(add=[spent("2026-11-20 10", "0.75")])
    scene.clock.turn(minutes=59)
    assert await scene.turns() == 0
    scene.clock.turn(minutes=1)
    assert await scene.turns() == 1
    assert await scene.days() == {TODAY: Decimal(2)}


async def test_a_correction_of_a_past_day_reaches_its_hours_too(scene: ImportScene) -> None:
    old = date(2026, 11, 15)
    await scene.load(spent("2026-11-15 09", "1.00"), spent("2026-11-15 10", "1.00"))
    await scene.turns()
    await scene.correct(set=[spent("2026-11-15 09", "4.00")], delete=[{"ad_id": AD, "hour": "2026-11-15 10:00:00"}])
    scene.clock.turn(hours=1)
    await scene.turns()
    assert await scene.days() == {old: Decimal(4)}
    assert await scene.hours(old) == {"11-15 08:00": Decimal(4)}


async def test_a_day_that_tiktok_takes_back_is_gone(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-18 09", "5.00", metrics={"conversion": 2}))
    await scene.turns()
    await scene.correct(delete=[{"day": "2026-11-18"}])
    scene.clock.turn(hours=1)
    await scene.turns()
    assert await scene.days() == {}
    assert await scene.hours(date(2026, 11, 18)) == {}


async def test_conversions_grow_within_the_attribution_window(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-13 09", "5.00", metrics={"conversion": 1}))
    await scene.turns()
    await scene.correct(set=[spent("2026-11-13 09", "5.00", metrics={"conversion": 2.5, "complete_payment": 1})])
    scene.clock.turn(hours=1)
    await scene.turns()
    row = await scene.pool.fetchrow("SELECT conversions, purchases FROM ad_days WHERE ad_id = $1", AD)
    assert tuple(row) == (Decimal("2.5"), Decimal(1))


async def test_after_an_outage_of_weeks_no_day_is_left_out(scene: ImportScene) -> None:
    await scene.load()
    await scene.turns()
    scene.clock.turn(days=40)
    await scene.correct(add=[spent("2026-11-21 09", "1.00"), spent("2026-12-10 09", "2.00")])
    await scene.turns()
    assert await scene.days() == {date(2026, 11, 21): Decimal(1), date(2026, 12, 10): Decimal(2)}


async def test_two_creatives_of_an_upgraded_smart_plus_ad_are_one_ad(scene: ImportScene) -> None:
    """Adding ads and creatives inflated spend ten times."""
    await scene.load(spent("2026-11-20 09", "8.63", CREATIVE), spent("2026-11-20 09", "6.75", CREATIVE_2))
    await scene.turns()
    assert await scene.days(SMART_AD) == {TODAY: Decimal("15.38")}
    assert await scene.days() == {TODAY: Decimal("15.38")}
    ads = {row["ad_id"] for row in await scene.pool.fetch("SELECT ad_id FROM ads")}
    assert SMART_AD in ads
    assert not ads & {CREATIVE, CREATIVE_2}


async def test_an_ad_that_no_list_names_any_more_keeps_its_spend_and_its_name(scene: ImportScene) -> None:
    gone = {"ad_id": AD, "ad_name": "Long dead", "gone": True}
    adgroup = {"adgroup_id": "1800000000000002", "adgroup_name": "G", "ads": [gone], "gone": True}
    campaign = {"campaign_id": "1800000000000001", "campaign_name": "C", "adgroups": [adgroup], "gone": True}
    await scene.load(spent("2026-11-20 09", "2.00"), campaigns=[campaign])
    await scene.turns()
    assert await scene.days() == {TODAY: Decimal(2)}
    row = await scene.pool.fetchrow("SELECT name, campaign_id, adgroup_id FROM ads WHERE ad_id = $1", AD)
    assert tuple(row) == ("Long dead", "1800000000000001", "1800000000000002")
    assert await scene.pool.fetchval("SELECT name FROM campaigns") == "C"


async def test_rows_of_zeros_and_no_rows_are_the_same(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "2.00"), zero_rows="all")
    await scene.turns()
    assert await scene.pool.fetchval("SELECT count(*) FROM ad_days") == 1
    assert await scene.pool.fetchval("SELECT count(*) FROM ad_hours") == 1


async def test_the_control_that_cannot_be_asked_leaves_the_rest_as_it_was(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "2.00"))
    await scene.turns()
    await scene.pool.execute(
        "INSERT INTO ad_days (advertiser_id, day, ad_id, spend) VALUES ($1, $2, '', 0.5)", ADVERTISER, TODAY
    )
    spend = await _spend_of(scene)

    async def no_control(_: object) -> None:
        return None

    spend._control = no_control  # type: ignore[method-assign] - TikTok's refusal of this one report
    await spend.pull_days(TODAY, TODAY)
    assert await scene.days("") == {TODAY: Decimal("0.5")}


async def _spend_of(scene: ImportScene):  # type: ignore[no-untyped-def]
    from ad_accounts.import_turn import open_turn

    lease = ImportLease(ADVERTISER, "t")
    await take_lease(scene.pool, lease, scene.clock())
    turn = await open_turn(scene.context, APP, lease)
    assert turn is not None
    return await turn.spend()


async def test_an_advertiser_of_two_apps_is_imported_once_and_outlives_one_of_them(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "2.00"))
    await scene.connect("app_bbbbbbbbbbbb")
    assert [one.app_id for one in await scene.due()] == [APP]
    await scene.pool.execute("UPDATE tiktok_grants SET state = 'broken' WHERE app_id = $1", APP)
    assert [one.app_id for one in await scene.due()] == ["app_bbbbbbbbbbbb"]


async def test_a_second_worker_leaves_an_advertiser_alone_that_is_being_imported(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "2.00"))
    assert await take_lease(scene.pool, ImportLease(ADVERTISER, "other"), scene.clock())
    assert await scene.due() == []
    await scene.turn()
    assert await scene.days() == {}
    scene.clock.turn(minutes=6)  # the other did not come back
    await scene.turns()
    assert await scene.days() == {TODAY: Decimal(2)}


async def test_an_account_without_a_time_zone_is_not_cut_into_the_wrong_days(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "2.00"))
    await scene.pool.execute("UPDATE advertisers SET timezone = ''")
    await scene.turn()
    assert await scene.days() == {}
    assert "time zone" in (await scene.progress()).error


async def test_figures_by_country_come_hours_later(scene: ImportScene) -> None:
    await scene.load(
        spent("2026-11-19 09", "2.00", country="DE"), spent("2026-11-19 10", "1.00", country="AT"),
        spent("2026-11-20 09", "1.00", country="DE"),
    )  # fmt: skip
    scene.clock.now = datetime(2026, 11, 20, 9, tzinfo=UTC)  # ten hours after yesterday's end in Berlin
    await scene.turns()
    assert await scene.pool.fetchval("SELECT count(*) FROM ad_country_days WHERE day = $1", YESTERDAY) == 0
    scene.clock.now = datetime(2026, 11, 20, 16, tzinfo=UTC)
    await scene.turns()
    rows = await scene.pool.fetch("SELECT country, spend FROM ad_country_days WHERE day = $1", YESTERDAY)
    assert {row["country"]: row["spend"] for row in rows} == {"DE": Decimal(2), "AT": Decimal(1)}
    assert await scene.pool.fetchval("SELECT count(*) FROM ad_country_days WHERE day = $1", TODAY) == 0


async def test_reach_is_kept_by_level_and_never_added_up(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-18 09", "2.00", reach=50), spent("2026-11-18 09", "1.00", CREATIVE, reach=70))
    await scene.turns()
    rows = await scene.pool.fetch("SELECT level, entity_id, reach FROM reach_days")
    assert {row["level"] for row in rows} == {"advertiser", "campaign", "adgroup"}
    assert await scene.pool.fetchval("SELECT reach FROM ad_days WHERE ad_id = $1", AD) == 50


async def named(scene: ImportScene) -> tuple[str, str, str]:
    names = [
        await scene.pool.fetchval(f"SELECT name FROM {table} WHERE {key} = $1", entity)  # noqa: S608
        for table, key, entity in (
            ("campaigns", "campaign_id", CAMPAIGN), ("adgroups", "adgroup_id", ADGROUP), ("ads", "ad_id", AD)
        )
    ]  # fmt: skip
    return names[0], names[1], names[2]


def called(name: str) -> dict[str, Any]:
    ad = {"ad_id": AD, "ad_name": f"{name} ad"}
    adgroup = {"adgroup_id": ADGROUP, "adgroup_name": f"{name} group", "ads": [ad]}
    return {"campaign_id": CAMPAIGN, "campaign_name": name, "adgroups": [adgroup]}


@pytest.mark.parametrize("listed_before", [False, True], ids=["never listed", "listed until the permission went"])
async def test_without_the_lists_reports_tell_new_names_too(scene: ImportScene, listed_before: bool) -> None:
    reports_alone = {"access_token": ACCESS, "scope": [4]}
    await scene.load(spent("2026-11-20 09", "2.00"), campaigns=[called("Spring")])
    if not listed_before:
        await scene.client.post("/_sandbox/grants", json=reports_alone)
    await scene.turns()
    assert await named(scene) == ("Spring", "Spring group", "Spring ad")
    await scene.load(spent("2026-11-20 09", "2.00"), campaigns=[called("Summer")])
    await scene.client.post("/_sandbox/grants", json=reports_alone)
    scene.clock.turn(hours=25)
    await scene.turns()
    assert await named(scene) == ("Summer", "Summer group", "Summer ad")


async def test_a_report_that_lags_behind_the_lists_takes_no_new_name_back(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "2.00"), campaigns=[called("Spring")])
    await scene.turns()
    old = {AD: (CAMPAIGN, ADGROUP, "An older name")}
    await name_ads(scene.pool, ADVERTISER, old, scene.clock())
    assert (await named(scene))[2] == "Spring ad"
