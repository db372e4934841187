"""What may not be asked of a report."""

import json
from typing import Any

import pytest

from sandbox.accounts.report_rules import CONFLICT
from tests.sandbox.accounts.conftest import Api
from tests.sandbox.accounts.examples import AD, ADGROUP
from tests.sandbox.accounts.reports import BASIC, DAY, PATH, report

ADVERTISER_DAY = {"data_level": "AUCTION_ADVERTISER", "dimensions": ["advertiser_id", "stat_time_day"]}
AUDIENCE = {"report_type": "AUDIENCE", "dimensions": ["ad_id_v2", "platform"]}


def _in(name: str, *values: str, kind: str = "IN") -> list[dict[str, str]]:
    return [{"field_name": name, "filter_type": kind, "filter_value": json.dumps(values)}]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"report_type": None}, "report_type: Missing", id="no type"),
        pytest.param({"report_type": "BC"}, "report_type: Must be one of", id="a type that is not played"),
        pytest.param({"data_level": None}, "data_level: Missing", id="no level"),
        pytest.param({"data_level": "RESERVATION_AD"}, "data_level: Must be one of", id="a level of the past"),
        pytest.param({"service_type": "RESERVATION"}, "service_type: Must be one of", id="a service of the past"),
        pytest.param({"advertiser_id": None}, "advertiser_id: Missing", id="no advertiser"),
        pytest.param({"advertiser_ids": ["1"]}, "advertiser_ids: ", id="several advertisers"),
        pytest.param({"dimensions": None}, "dimensions: Missing", id="no dimension"),
        pytest.param({"dimensions": ["ad"]}, "Invalid dimension fields: ['ad']", id="unknown dimension"),
        pytest.param({"dimensions": ["ad_id", "ad_id"]}, "Invalid dimension fields", id="one twice"),
        pytest.param({"dimensions": ["ad_id", "ad_id_v2"]}, "At most one id dimension", id="both ids of an ad"),
        pytest.param({"dimensions": ["ad_id", "campaign_id"]}, "At most one id dimension", id="two ids"),
        pytest.param(
            {"dimensions": ["ad_id", "stat_time_day", "stat_time_hour"]}, "At most one id dimension", id="two times"
        ),
        pytest.param({"dimensions": ["campaign_id"]}, CONFLICT, id="an id of another level"),
        pytest.param(
            {"dimensions": ["ad_id_v2", "country_code", "stat_time_hour"]},
            "stat_time_hour goes with",
            id="country, hour",
        ),
        pytest.param({"dimensions": ["ad_id_v2", "platform"]}, "Invalid dimension", id="platform in a basic report"),
        pytest.param({**AUDIENCE, "dimensions": ["ad_id_v2"]}, "exactly one audience", id="audience without one"),
        pytest.param(
            {**AUDIENCE, "dimensions": ["ad_id_v2", "platform", "stat_time_hour"]},
            "stat_time_hour",
            id="audience, hour",
        ),
        pytest.param({**AUDIENCE, "metrics": ["reach"]}, CONFLICT, id="a metric audience reports lack"),
        pytest.param(
            {"metrics": ["spend", "complete_payment_value"]},
            "Invalid metric fields: ['complete_payment_value']",
            id="unknown metric",
        ),
        pytest.param({"metrics": ["spend"] * 101}, "metrics: Longer", id="101 metrics"),
        pytest.param({"metrics": ["ad_id"]}, "ad_id and ad_id_v2 never go together", id="one id by the other"),
        pytest.param({"dimensions": ["ad_id"], "metrics": ["ad_url_list"]}, CONFLICT, id="pages by creative"),
        pytest.param({**ADVERTISER_DAY, "metrics": ["campaign_name"]}, CONFLICT, id="a name of a level below"),
        pytest.param({"dimensions": ["stat_time_day"], "metrics": ["currency"]}, CONFLICT, id="a name without an id"),
        pytest.param({"metrics": ["cash_spend"]}, CONFLICT, id="cash by hour"),
        pytest.param({"start_date": None}, "start_date: Missing", id="no start"),
        pytest.param({"end_date": "17.11.2026"}, "end_date: Not a valid date", id="another spelling"),
        pytest.param({"end_date": "20261117"}, "end_date: Not a valid date", id="an ISO spelling"),
        pytest.param({"end_date": "2026-11-16"}, "end_date: Must not be before", id="backwards"),
        pytest.param({"end_date": "2026-11-18"}, "max time span is 1 day when use stat_time_hour", id="two days"),
        pytest.param(
            {"dimensions": ["ad_id_v2", "stat_time_day"], "start_date": "2026-10-18"},
            "max time span is 30 days when use stat_time_day",
            id="31 days",
        ),
        pytest.param(
            {"dimensions": ["ad_id_v2"], "start_date": "2025-11-17"}, "max time span is 365 days", id="366 days"
        ),
        pytest.param({"query_lifetime": "true"}, "query_lifetime: ", id="a lifetime by hour"),
        pytest.param(
            {"query_lifetime": "true", "dimensions": ["ad_id_v2", "country_code"]}, "query_lifetime: ", id="by country"
        ),
        pytest.param({"query_lifetime": "true", **AUDIENCE}, "query_lifetime: ", id="a lifetime of an audience"),
        pytest.param({"query_lifetime": "yes"}, "query_lifetime: Must be one of", id="no boolean"),
        pytest.param({"page_size": 1001}, "page_size: Must be less", id="page of 1001"),
        pytest.param({"page_size": 0}, "page_size: Must be greater", id="page of none"),
        pytest.param({"page": 0}, "page: Must be greater", id="page 0"),
        pytest.param({"order_field": "clicks"}, "order_field: ", id="order by what is not asked for"),
        pytest.param({"order_type": "UP"}, "order_type: ", id="unknown order"),
        pytest.param({"enable_total_metrics": "true"}, "enable_total_metrics: ", id="totals by hour"),
        pytest.param({"filtering": {"ad_status": "STATUS_ALL"}}, "filtering: Not a valid list", id="entity filter"),
        pytest.param(
            {"filtering": [{"field_name": "ad_status"}]}, "filtering.0.filter_type: Missing", id="half a filter"
        ),
        pytest.param(
            {"filtering": [{"field_name": "ad_status", "filter_type": "IN", "filter_value": ["STATUS_ALL"]}]},
            "filtering.0.filter_value: Not a valid string",
            id="a list for a text",
        ),
        pytest.param(
            {"filtering": [{"field_name": "ad_status", "filter_type": "IN", "filter_value": "STATUS_ALL"}]},
            "filtering.0.filter_value: Not valid JSON",
            id="no JSON in the text",
        ),
        pytest.param({"filtering": _in("ad_status", "ALL")}, "filtering.0.filter_value", id="unknown status"),
        pytest.param({"filtering": _in("ad_status", "STATUS_ALL", kind="EQ")}, "filter_type", id="unknown filter type"),
        pytest.param({"filtering": _in("ad_status", "STATUS_ALL", kind="MATCH")}, "goes with IN", id="status by MATCH"),
        pytest.param({"filtering": _in("ad_ids", AD)}, "ad_ids is no filter", id="ad_ids by ad_id_v2"),
        pytest.param(
            {"filtering": _in("ad_ids_v2", AD), "dimensions": ["ad_id"]}, "ad_ids_v2 is no filter", id="the other way"
        ),
        pytest.param(
            {**ADVERTISER_DAY, "filtering": _in("ad_status", "STATUS_ALL")},
            "ad_status is no filter",
            id="a level below",
        ),
    ],
)
def test_what_is_not_allowed_is_40002_and_says_what(api: Api, changes: dict[str, Any], words: str) -> None:
    code, message = api.refusal(PATH, **{**BASIC, **changes})
    assert (code, words in message) == (40002, True), message


def test_more_than_a_hundred_ids_are_40011(api: Api) -> None:
    assert api.refusal(PATH, **{**BASIC, "filtering": _in("adgroup_ids", *[ADGROUP] * 101)})[0] == 40011
    assert api.get(PATH, **{**BASIC, "filtering": _in("adgroup_ids", *[ADGROUP] * 100)})["code"] == 0


def test_a_refusal_is_told_before_there_is_any_data(api: Api) -> None:
    api.load({"advertisers": [{"advertiser_id": BASIC.get("advertiser_id", "7000000000000000101")}]})
    assert api.refusal(PATH, **{**BASIC, "metrics": ["no_such"]})[0] == 40002
    assert report(api)["list"] == []


def test_a_refused_report_is_no_pull(api: Api) -> None:
    for _ in range(2):
        api.refusal(PATH, **{**BASIC, "metrics": ["no_such"]})
    report(api)
    assert api.client.get("/_sandbox/spend?advertiser_id=7000000000000000101").json()["pulls"] == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"dimensions": ["ad_id_v2", "stat_time_day"], "start_date": "2026-10-19"},
        {"dimensions": ["ad_id_v2"], "start_date": "2025-11-18"},
        {"dimensions": ["ad_id_v2", "country_code", "stat_time_day"]},
        {"dimensions": ["stat_time_day"]},
        {"dimensions": ["ad_id"], "metrics": ["ad_id", "ad_name", "campaign_id", "adgroup_id", "currency"]},
        {**ADVERTISER_DAY, "metrics": ["cash_spend", "voucher_spend", "spend"]},
        {**AUDIENCE, "metrics": ["spend", "campaign_name"]},
        {"metrics": ["complete_payment_roas", "cost_per_form", "user_registration_rate", "purchase", "likes"]},
        {"start_date": DAY, "end_date": DAY, "filtering": _in("campaign_status", "STATUS_ALL")},
    ],
    ids=range(9),
)
def test_what_is_allowed_is_answered(api: Api, changes: dict[str, Any]) -> None:
    assert api.refusal(PATH, **{**BASIC, **changes}) == (0, "OK")
