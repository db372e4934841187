"""Each endpoint that the import asks, as the sandbox plays it: another hand's reading of TikTok's documentation."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ad_accounts.metered_calls import MeteredCalls
from tests.ad_accounts.import_scene import ImportScene, spent
from tests.sandbox.accounts.examples import (
    ACCESS,
    AD,
    ADGROUP,
    ADVERTISER,
    CAMPAIGN,
    CREATIVE,
    DELETED_AD,
    SMART_AD,
    SMART_ADGROUP,
    SMART_CAMPAIGN,
)
from tiktok.entities import read_adgroups, read_ads, read_campaigns
from tiktok.report_rows import DELIVERY, FURTHER, NAMES, OUTCOMES, PLACES, EntityDimension, ReportRow, TimeDimension
from tiktok.reports import ReportQuery, ReportReader

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 19)
CHILDREN = {CAMPAIGN: [ADGROUP], SMART_CAMPAIGN: [SMART_ADGROUP]}


def calls(scene: ImportScene) -> MeteredCalls:
    return MeteredCalls(scene.context.api, ACCESS, scene.context.quota)


async def read(
    scene: ImportScene,
    entity: EntityDimension,
    metrics: tuple[str, ...],
    time: TimeDimension = "stat_time_day",
    **more: Any,
) -> tuple[list[ReportRow], frozenset[str]]:
    """Rows, and the metrics that were refused."""
    fields = {"first": DAY, "last": DAY, **more}
    query = ReportQuery(advertiser_id=ADVERTISER, entity=entity, time=time, metrics=metrics, **fields)
    reader = ReportReader(calls(scene), {}, CHILDREN)
    return await reader.read(query), reader.untold(query)


async def test_campaign_get(scene: ImportScene) -> None:
    await scene.load()
    found = {one.campaign_id: one for one in await read_campaigns(calls(scene), ADVERTISER)}
    assert set(found) == {CAMPAIGN, SMART_CAMPAIGN}
    assert (found[CAMPAIGN].name, found[CAMPAIGN].objective) == ("Spring", "WEB_CONVERSIONS")
    assert found[SMART_CAMPAIGN].automation == "UPGRADED_SMART_PLUS"


async def test_adgroup_get(scene: ImportScene) -> None:
    await scene.load()
    found = {one.adgroup_id: one for one in await read_adgroups(calls(scene), ADVERTISER)}
    assert found[ADGROUP].pixel_number == "7000000000000000201"
    assert found[ADGROUP].optimization_event == "SHOPPING"
    assert found[SMART_ADGROUP].campaign_id == SMART_CAMPAIGN


async def test_ad_get_and_smart_plus_ad_get(scene: ImportScene) -> None:
    await scene.load()
    found = {one.ad_id: one for one in await read_ads(calls(scene), ADVERTISER)}
    assert set(found) == {AD, DELETED_AD, SMART_AD}
    assert "DELETE" in found[DELETED_AD].secondary_status
    assert found[SMART_AD].landing_urls == ("https://go.example.com/s",)
    assert (found[SMART_AD].campaign_id, found[SMART_AD].adgroup_id) == (SMART_CAMPAIGN, SMART_ADGROUP)


async def test_report_by_ad_and_day_with_every_metric(scene: ImportScene) -> None:
    await scene.load(
        spent("2026-11-19 09", "1.25", metrics={"conversion": 1.5, "complete_payment": 1}),
        spent("2026-11-19 10", "3.00", CREATIVE), spent("2026-11-19 11", "9.00", DELETED_AD),
    )  # fmt: skip
    rows, refused = await read(scene, "ad_id_v2", (*DELIVERY, *PLACES, *OUTCOMES, *NAMES, *FURTHER))
    assert refused == frozenset()
    found = {row.entity_id: row for row in rows}
    assert {ad_id: row.figures.spend for ad_id, row in found.items()} == {
        AD: Decimal("1.25"), SMART_AD: Decimal(3), DELETED_AD: Decimal(9),
    }  # fmt: skip
    assert found[AD].figures.conversions == Decimal("1.5")
    assert (found[AD].campaign_id, found[AD].adgroup_id) == (CAMPAIGN, ADGROUP)
    assert found[AD].names["ad_name"] == "Video A"


async def test_report_by_ad_and_hour(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-19 09", "1.25"), spent("2026-11-19 23", "1.00"))
    rows, refused = await read(scene, "ad_id_v2", (*DELIVERY, *PLACES), "stat_time_hour")
    assert refused == frozenset()
    assert sorted(row.at.hour for row in rows if row.at) == [9, 23]


async def test_report_by_ad_day_and_country(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-18 09", "1.25", country="AT"), spent("2026-11-18 09", "1.00", country="DE"))
    day = date(2026, 11, 18)
    rows, refused = await read(scene, "ad_id_v2", (*DELIVERY, *PLACES), country=True, first=day, last=day)
    assert refused == frozenset()
    assert {row.country: row.figures.spend for row in rows} == {"AT": Decimal("1.25"), "DE": Decimal(1)}


@pytest.mark.parametrize("entity", ["campaign_id", "adgroup_id"])
async def test_reach_by_campaign_and_by_ad_group(scene: ImportScene, entity: EntityDimension) -> None:
    await scene.load(spent("2026-11-19 09", "1.25", reach=70))
    rows, refused = await read(scene, entity, ("reach",))
    assert refused == frozenset()
    assert [row.figures.reach for row in rows if row.figures.reach] == [70]


async def test_report_of_the_account_as_a_whole(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-19 09", "1.25"), spent("2026-11-19 10", "3.00", CREATIVE))
    rows, refused = await read(scene, "advertiser_id", (*DELIVERY, *OUTCOMES))
    assert refused == frozenset()
    assert [row.figures.spend for row in rows] == [Decimal("4.25")]


async def test_a_report_that_is_cut_in_silence_is_put_together_from_pieces(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-19 09", "1.25"), spent("2026-11-19 10", "3.00", CREATIVE), ad_limit=3)
    rows, _ = await read(scene, "ad_id_v2", (*DELIVERY, *PLACES))
    assert sum(row.figures.spend for row in rows) == Decimal("4.25")
    assert len(await scene.asked()) > 1


async def test_a_metric_that_does_not_exist_is_named_by_the_refusal(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-19 09", "1.25"))
    rows, refused = await read(scene, "ad_id_v2", (*DELIVERY, "complete_payment_value", "form"))
    assert [row.figures.spend for row in rows] == [Decimal("1.25")]
    assert refused == {"complete_payment_value"}
