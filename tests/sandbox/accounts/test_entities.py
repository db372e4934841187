"""The lists of campaigns, ad groups and ads."""

from typing import Any

import pytest

from tests.sandbox.accounts.conftest import Api
from tests.sandbox.accounts.examples import (
    AD,
    ADGROUP,
    CAMPAIGN,
    CREATIVE,
    CREATIVE_2,
    DELETED_AD,
    PIXEL_ID,
    SMART_AD,
    SMART_ADGROUP,
    SMART_CAMPAIGN,
    a_campaign,
    an_account,
    an_advertiser,
)

LISTS = {
    "/campaign/get/": "campaign_id",
    "/adgroup/get/": "adgroup_id",
    "/ad/get/": "ad_id",
    "/smart_plus/ad/get/": "smart_plus_ad_id",
}
ALL = {"primary_status": "STATUS_ALL"}


def _ids(api: Api, path: str, **query: Any) -> list[str]:
    return [row[LISTS[path]] for row in api.data(path, **query)["list"]]


def _with(api: Api, *campaigns: dict[str, Any]) -> None:
    api.load(an_account(an_advertiser(campaigns=list(campaigns))))


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("/campaign/get/", [SMART_CAMPAIGN, CAMPAIGN]),
        ("/adgroup/get/", [SMART_ADGROUP, ADGROUP]),
        ("/ad/get/", [CREATIVE_2, CREATIVE, AD]),
        ("/smart_plus/ad/get/", [SMART_AD]),
    ],
)
def test_lists_come_newest_id_first_without_what_is_deleted(api: Api, path: str, ids: list[str]) -> None:
    assert _ids(api, path) == ids


def test_deleted_ads_come_when_all_are_asked_for(api: Api) -> None:
    assert _ids(api, "/ad/get/", filtering=ALL) == [DELETED_AD, CREATIVE_2, CREATIVE, AD]
    assert _ids(api, "/ad/get/", filtering={"secondary_status": "AD_STATUS_ALL"})[0] == DELETED_AD
    [row] = api.data("/ad/get/", filtering={"primary_status": "STATUS_DELETE"})["list"]
    assert (row["ad_id"], row["secondary_status"]) == (DELETED_AD, "AD_STATUS_DELETE")


def test_what_is_in_a_deleted_campaign_is_deleted_too(api: Api) -> None:
    _with(api, {**a_campaign(), "deleted": True})
    assert [_ids(api, path) for path in ("/campaign/get/", "/adgroup/get/", "/ad/get/")] == [[], [], []]
    assert _ids(api, "/adgroup/get/", filtering=ALL) == [ADGROUP]


def test_what_is_long_dead_is_not_listed_at_all(api: Api) -> None:
    campaign = a_campaign()
    campaign["adgroups"][0]["ads"][1]["gone"] = True
    _with(api, campaign)
    assert _ids(api, "/ad/get/", filtering=ALL) == [AD]


def test_creatives_of_upgraded_smart_plus_are_rows_of_the_ads(api: Api) -> None:
    rows = {row["ad_id"]: row for row in api.data("/ad/get/")["list"]}
    assert (rows[CREATIVE]["campaign_automation_type"], rows[CREATIVE]["smart_plus_ad_id"]) == (
        "UPGRADED_SMART_PLUS_CREATIVE",
        SMART_AD,
    )
    assert (rows[AD]["campaign_automation_type"], rows[AD]["smart_plus_ad_id"]) == ("MANUAL", None)


def test_ads_of_both_kinds_come_by_ad_ids_v2_with_limited_fields(api: Api) -> None:
    rows = api.data("/ad/get/", filtering={"ad_ids_v2": [AD, SMART_AD, CREATIVE]})["list"]
    assert [row["ad_id_v2"] for row in rows] == [SMART_AD, AD]
    assert not {"ad_id", "landing_page_url"} & rows[0].keys()
    fields = ["ad_id", "ad_id_v2"]
    assert api.data("/ad/get/", filtering={"ad_ids_v2": [AD]}, fields=fields)["list"] == [{"ad_id_v2": AD}]


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_account_tells_a_wrong_field_too(api: Api, path: str) -> None:
    _with(api)
    assert api.refusal(path, fields=["nme"]) == (40002, "fields: Unsupported value: ['nme'].")
    assert api.data(path, fields=[LISTS[path], "operation_status"])["list"] == []


def test_a_smart_plus_ad_brings_its_pages_and_creatives(api: Api) -> None:
    [row] = api.data("/smart_plus/ad/get/", filtering={"smart_plus_ad_ids": [SMART_AD]})["list"]
    assert row["landing_page_url_list"] == [{"landing_page_url": "https://go.example.com/s"}]
    assert [one["creative_info"]["material_name"] for one in row["creative_list"]] == ["Cut 1", "Cut 2"]


def test_campaigns_say_which_kind_they_are(api: Api) -> None:
    old = {"campaign_id": "5", "campaign_automation_type": "SMART_PLUS", "budget": 9.0}
    _with(api, old, {"campaign_id": "6", "campaign_automation_type": "UPGRADED_SMART_PLUS", "budget": 9.0})
    rows = [
        (row["campaign_automation_type"], row["is_smart_performance_campaign"], row["budget"])
        for row in api.data("/campaign/get/")["list"]
    ]
    assert rows == [("UPGRADED_SMART_PLUS", False, 0.0), ("SMART_PLUS", True, 9.0)]


def test_an_ad_group_names_its_pixel_by_number_and_its_systems_by_kind_of_campaign(api: Api) -> None:
    smart = {"adgroup_id": "8", "operating_systems": ["IOS"]}
    manual = {"adgroup_id": "7", "operating_systems": ["ANDROID"], "pixel_id": PIXEL_ID}
    _with(
        api,
        {"campaign_id": "5", "adgroups": [manual]},
        {"campaign_id": "6", "campaign_automation_type": "SMART_PLUS", "adgroups": [smart]},
    )
    of_smart, of_manual = api.data("/adgroup/get/")["list"]
    assert (of_manual["pixel_id"], of_manual["operating_systems"], of_manual["targeting_spec"]) == (
        PIXEL_ID,
        ["ANDROID"],
        None,
    )
    assert (of_smart["operating_systems"], of_smart["targeting_spec"]) == ([], {"operating_systems": ["IOS"]})


def test_further_fields_of_a_record_go_over_ours(api: Api) -> None:
    _with(api, {"campaign_id": "5", "more": {"campaign_type": "IOS14_CAMPAIGN", "rf_campaign_type": "STANDARD"}})
    [row] = api.data("/campaign/get/", fields=["campaign_type", "rf_campaign_type"])["list"]
    assert row == {"campaign_type": "IOS14_CAMPAIGN", "rf_campaign_type": "STANDARD"}


def test_fields_and_null_fields(api: Api) -> None:
    assert api.data("/ad/get/", fields=["ad_id", "tiktok_item_id"], page_size=1)["list"] == [
        {"ad_id": CREATIVE_2, "tiktok_item_id": None}
    ]
    query = {"fields": ["ad_id", "tiktok_item_id"], "exclude_field_types_in_response": ["NULL_FIELD"], "page_size": 1}
    assert api.data("/ad/get/", **query)["list"] == [{"ad_id": CREATIVE_2}]


def test_pages_are_of_ten_up_to_a_thousand(api: Api) -> None:
    _with(api, *({"campaign_id": str(n)} for n in range(1, 1202)))
    assert len(_ids(api, "/campaign/get/")) == 10
    pages = [_ids(api, "/campaign/get/", page=page, page_size=1000) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [1000, 201, 0]
    assert api.data("/campaign/get/", page_size=1000)["page_info"]["total_page"] == 2
    assert len({one for page in pages for one in page}) == 1201


@pytest.mark.parametrize("path", ["/ad/get/", "/smart_plus/ad/get/"])
def test_ads_alone_can_be_asked_by_time_of_change(api: Api, path: str) -> None:
    assert _ids(api, path, filtering={"modified_after": "2026-01-01 00:00:00"}) == []
    assert _ids(api, path, filtering={"modified_after": "2025-12-31 23:59:59"}) != []


def test_filters_choose(api: Api) -> None:
    assert _ids(api, "/ad/get/", filtering={"adgroup_ids": [ADGROUP]}) == [AD]
    assert _ids(api, "/ad/get/", filtering={"ad_ids": [CREATIVE]}) == [CREATIVE]
    assert _ids(api, "/campaign/get/", filtering={"campaign_automation_type": "MANUAL"}) == [CAMPAIGN]
    assert _ids(api, "/campaign/get/", filtering={"campaign_name": "SPR"}) == [CAMPAIGN]
    assert _ids(api, "/campaign/get/", filtering={"creation_filter_start_time": "2026-01-01 00:00:01"}) == []
    assert len(_ids(api, "/campaign/get/", filtering={"creation_filter_end_time": "2026-01-01 00:00:00"})) == 2


def test_the_two_names_of_one_objective_find_each_other(api: Api) -> None:
    _with(
        api,
        {"campaign_id": "5", "objective_type": "CONVERSIONS"},
        {"campaign_id": "6"},
        {"campaign_id": "7", "objective_type": "APP_PROMOTION"},
    )
    assert _ids(api, "/campaign/get/", filtering={"objective_type": "WEB_CONVERSIONS"}) == ["6", "5"]
    assert _ids(api, "/campaign/get/", filtering={"objective_type": "APP_PROMOTION"}) == ["7"]


@pytest.mark.parametrize(
    ("path", "query", "code", "words"),
    [
        ("/campaign/get/", {"page_size": 1001}, 40002, "page_size: Must be less"),
        ("/campaign/get/", {"page_size": 0}, 40002, "page_size: Must be greater"),
        ("/campaign/get/", {"page": "x"}, 40002, "page: Not a valid integer"),
        ("/campaign/get/", {"fields": ["campaign_id", "nme"]}, 40002, "fields: Unsupported value: ['nme']"),
        ("/campaign/get/", {"filtering": [ALL]}, 40002, "filtering: Not a valid object"),
        ("/campaign/get/", {"filtering": {"modified_after": "2026-01-01 00:00:00"}}, 40002, "filtering.modified_after"),
        ("/adgroup/get/", {"filtering": {"modified_after": "2026-01-01 00:00:00"}}, 40002, "filtering.modified_after"),
        ("/adgroup/get/", {"filtering": {"ad_ids": [AD]}}, 40002, "filtering.ad_ids: Unknown field"),
        ("/ad/get/", {"filtering": {"ad_ids": [AD] * 101}}, 40011, "filtering.ad_ids: Longer"),
        ("/ad/get/", {"filtering": {"ad_ids": [AD], "ad_ids_v2": [AD]}}, 40002, "never go together"),
        ("/ad/get/", {"filtering": {"modified_after": "2026-01-01"}}, 40002, "filtering.modified_after: Not a valid"),
        ("/ad/get/", {"filtering": {"primary_status": "ALL"}}, 40002, "filtering.primary_status: Must be one of"),
        ("/smart_plus/ad/get/", {"filtering": {"ad_ids": [AD]}}, 40002, "filtering.ad_ids: Unknown field"),
        ("/smart_plus/ad/get/", {"advertiser_id": None}, 40002, "advertiser_id: Missing"),
    ],
)
def test_a_wrong_question_is_refused_and_named(
    api: Api, path: str, query: dict[str, Any], code: int, words: str
) -> None:
    told = api.refusal(path, **query)
    assert (told[0], words in told[1]) == (code, True), told
