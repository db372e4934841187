"""Campaigns, ad groups and ads as the ledger keeps them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.adgroups import StoredAdGroup, adgroups_by_campaign, adgroups_of, name_adgroups, put_adgroups
from ledger.ads import StoredAd, ads_of, name_ads, put_ads
from ledger.campaigns import StoredCampaign, campaigns_of, name_campaigns, put_campaigns
from ledger.pool import open_pool
from ledger.reach import store_reach

pytestmark = pytest.mark.anyio

ONE, OTHER = "7000000000000000101", "7000000000000000102"
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
STATE: dict[str, Any] = {
    "name": "N", "operation_status": "ENABLE", "secondary_status": "", "body": {"k": ["v"]}, "modified_at": NOW,
}  # fmt: skip
CAMPAIGN = StoredCampaign(**STATE, campaign_id="1", objective="WEB_CONVERSIONS", automation="MANUAL")
ADGROUP = StoredAdGroup(
    **STATE, adgroup_id="11", campaign_id="1", optimization_goal="CONVERT", optimization_event="SHOPPING",
    pixel_number="77", operating_systems=("IOS", "ANDROID"), placements=(),
)  # fmt: skip
AD = StoredAd(
    **STATE, ad_id="1800000000000000003", adgroup_id="11", campaign_id="1", link="spring",
    landing_urls=("https://a.example/x?a=1,2", "https://b.example/ü"),
)  # fmt: skip


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Any]:
    opened = await open_pool(database_url, max_size=1)
    yield opened
    await opened.close()


async def test_what_is_put_comes_back_whole_and_for_its_own_advertiser_alone(pool: Any) -> None:
    for _ in range(2):
        await put_campaigns(pool, ONE, [CAMPAIGN], NOW)
        await put_adgroups(pool, ONE, [ADGROUP], NOW)
        await put_ads(pool, ONE, [AD], NOW)
    assert await campaigns_of(pool, ONE) == [CAMPAIGN]
    assert await adgroups_of(pool, ONE) == [ADGROUP]
    assert await ads_of(pool, ONE) == [AD]
    assert await campaigns_of(pool, OTHER) == await adgroups_of(pool, OTHER) == await ads_of(pool, OTHER) == []


async def test_one_that_is_no_longer_listed_stays(pool: Any) -> None:
    await put_ads(pool, ONE, [AD], NOW)
    await put_ads(pool, ONE, [], NOW)
    assert await ads_of(pool, ONE) == [AD]


async def test_a_report_names_only_what_has_no_name(pool: Any) -> None:
    await put_campaigns(pool, ONE, [CAMPAIGN], NOW)
    await name_campaigns(pool, ONE, {"1": "from the report", "2": "gone"}, NOW)
    await name_adgroups(pool, ONE, {"12": ("2", "gone group")}, NOW)
    await name_ads(pool, ONE, {"5": ("2", "12", "")}, NOW)
    await name_ads(pool, ONE, {"5": ("2", "12", "gone ad")}, NOW)
    assert [one.name for one in await campaigns_of(pool, ONE)] == ["N", "gone"]
    assert [(one.campaign_id, one.name) for one in await adgroups_of(pool, ONE)] == [("2", "gone group")]
    assert [(one.ad_id, one.adgroup_id, one.name) for one in await ads_of(pool, ONE)] == [("5", "12", "gone ad")]


async def test_a_list_without_a_name_does_not_take_the_one_that_is_known(pool: Any) -> None:
    await name_ads(pool, ONE, {AD.ad_id: ("1", "11", "known")}, NOW)
    nameless = StoredAd(**{**{name: getattr(AD, name) for name in StoredAd.__slots__}, "name": ""})
    await put_ads(pool, ONE, [nameless], NOW)
    assert [one.name for one in await ads_of(pool, ONE)] == ["known"]


async def test_every_campaign_is_there_with_its_ad_groups_or_without(pool: Any) -> None:
    await put_campaigns(pool, ONE, [CAMPAIGN], NOW)
    await name_campaigns(pool, ONE, {"2": "empty"}, NOW)
    await put_adgroups(pool, ONE, [ADGROUP], NOW)
    assert await adgroups_by_campaign(pool, ONE) == {"1": ["11"], "2": []}


async def test_reach_of_a_day_is_replaced_and_that_of_other_levels_stays(pool: Any) -> None:
    day = NOW.date()
    await store_reach(pool, ONE, day, "campaign", {"1": 50, "2": 70})
    await store_reach(pool, ONE, day, "adgroup", {"11": 40})
    await store_reach(pool, ONE, day, "campaign", {"1": 55})
    rows = await pool.fetch("SELECT level, entity_id, reach FROM reach_days ORDER BY level")
    assert [tuple(row) for row in rows] == [("adgroup", "11", 40), ("campaign", "1", 55)]
