"""Campaigns, ad groups and ads out of TikTok's lists."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.tiktok.asked import Asked, refusal
from tiktok.account_refusals import ApiRefused
from tiktok.business_api import Group, Reply
from tiktok.entities import read_adgroups, read_ads, read_campaigns

pytestmark = pytest.mark.anyio

BIG = "1800000000000000003"  # beyond 2^53


class Lists:
    """Answers each path with its rows, or refuses it."""

    def __init__(self, **rows: Any) -> None:
        self._rows = rows

    async def __call__(self, group: Group, path: str, parameters: Mapping[str, object]) -> Reply:
        found = self._rows.get(path.strip("/").removesuffix("/get").replace("/", "_"), [])
        if isinstance(found, ApiRefused):
            raise found
        return Reply(data={"list": found if parameters["page"] == 1 else []})


async def test_deleted_ones_are_asked_for_too() -> None:
    ask = Asked(lambda _: [])
    await read_campaigns(ask, "7")
    ((path, parameters),) = ask.calls
    assert path == "/campaign/get/"
    assert parameters["filtering"] == {"primary_status": "STATUS_ALL"}
    assert parameters["page_size"] == 1000


async def test_a_campaign_that_drifts_to_the_next_page_comes_once() -> None:
    rows = [{"campaign_id": str(number), "campaign_name": f"C{number}"} for number in range(1, 1002)]
    ask = Asked(lambda parameters: rows if parameters["page"] == 1 else rows[:1] + rows)  # a new one pushed one along
    found = [campaign.campaign_id for campaign in await read_campaigns(ask, "7")]
    assert len(found) == len(set(found)) == 1001 - 1 + 1


async def test_a_campaign_of_the_older_smart_plus_is_told_by_its_flag() -> None:
    rows = [{"campaign_id": BIG, "is_smart_performance_campaign": True, "objective_type": "CONVERSIONS"}]
    (campaign,) = await read_campaigns(Lists(campaign=rows), "7")
    assert (campaign.campaign_id, campaign.automation, campaign.objective) == (BIG, "SMART_PLUS", "CONVERSIONS")


async def test_an_ad_group_of_smart_plus_names_its_systems_under_targeting_spec() -> None:
    rows = [
        {"adgroup_id": 11, "campaign_id": 1, "pixel_id": 7000000000000000201, "operating_systems": []},
        {"adgroup_id": 12, "campaign_id": 1, "targeting_spec": {"operating_systems": ["IOS"]}, "pixel_id": None},
    ]
    both, ios = await read_adgroups(Lists(adgroup=rows), "7")
    assert (both.operating_systems, both.pixel_number) == ((), "7000000000000000201")
    assert (ios.operating_systems, ios.pixel_number) == (("IOS",), "")


CREATIVES = [
    {
        "ad_id": "91", "smart_plus_ad_id": BIG, "campaign_automation_type": "UPGRADED_SMART_PLUS_CREATIVE",
        "campaign_id": "1", "adgroup_id": "11", "ad_name": "Clip", "landing_page_url": "https://a.example/x",
    },
    {
        "ad_id": "92", "smart_plus_ad_id": BIG, "campaign_automation_type": "UPGRADED_SMART_PLUS_CREATIVE",
        "campaign_id": "1", "adgroup_id": "11", "ad_name": "Other", "landing_page_url": "https://a.example/y",
    },
]  # fmt: skip
MANUAL = {"ad_id": "5", "campaign_id": "2", "adgroup_id": "12", "ad_name": "Plain", "modify_time": None}


async def test_creatives_of_upgraded_smart_plus_are_no_ads() -> None:
    smart = {"smart_plus_ad_id": BIG, "ad_name": "Smart", "landing_page_url_list": [{"landing_page_url": "https://z"}]}
    ads = await read_ads(Lists(ad=[*CREATIVES, MANUAL], smart_plus_ad=[smart]), "7")
    assert {ad.ad_id: ad.name for ad in ads} == {"5": "Plain", BIG: "Smart"}
    found = next(ad for ad in ads if ad.ad_id == BIG)
    assert (found.campaign_id, found.adgroup_id) == ("1", "11")
    assert found.landing_urls == ("https://z",)
    assert [one["creative_id"] for one in found.body["creatives"]] == ["91", "92"]


async def test_without_the_permission_for_smart_plus_its_ads_are_put_together_from_their_creatives() -> None:
    refused = refusal(40001, "advertiser does not grant you /smart_plus/ad/get/:GET permission")
    ads = await read_ads(Lists(ad=CREATIVES, smart_plus_ad=refused), "7")
    (ad,) = ads
    assert (ad.ad_id, ad.name, ad.landing_urls) == (BIG, "", ("https://a.example/x", "https://a.example/y"))


async def test_a_throttle_of_the_smart_plus_list_is_no_missing_permission() -> None:
    with pytest.raises(ApiRefused) as refused:
        await read_ads(Lists(ad=CREATIVES, smart_plus_ad=refusal(40016, "temporarily restricted")), "7")
    assert refused.value.kind == "throttled"


async def test_a_smart_plus_ad_without_modify_time_is_kept() -> None:
    rows = [{"smart_plus_ad_id": BIG, "ad_name": "S", "modify_time": None}]
    (ad,) = await read_ads(Lists(smart_plus_ad=rows), "7")
    assert (ad.ad_id, ad.modified_at) == (BIG, None)


async def test_times_are_utc() -> None:
    (ad,) = await read_ads(Lists(ad=[{**MANUAL, "modify_time": "2026-09-01 13:00:00"}]), "7")
    assert ad.modified_at == datetime(2026, 9, 1, 13, tzinfo=UTC)
