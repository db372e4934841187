"""What a report answers."""

from typing import Any

import pytest

from tests.sandbox.accounts.conftest import Api
from tests.sandbox.accounts.examples import (
    AD,
    ADGROUP,
    ADVERTISER,
    CAMPAIGN,
    CREATIVE,
    CREATIVE_2,
    PIXEL_CODE,
    PIXEL_TOKEN,
    SMART_AD,
    SMART_CAMPAIGN,
    an_account,
    an_advertiser,
)
from tests.sandbox.accounts.reports import DAY, a_spend_row, by_time, load_spend, report, spend_of, the_row
from tests.sandbox.conftest import Clock
from tests.sandbox.rows import a_body, a_row


def test_without_metrics_spend_and_impressions_are_answered(api: Api) -> None:
    load_spend(api, a_spend_row())
    assert report(api, metrics=None)["list"][0]["metrics"] == {"spend": "1.50", "impressions": "400"}


def test_by_ad_id_v2_a_smart_plus_ad_is_its_creatives_and_the_rest(api: Api) -> None:
    load_spend(
        api,
        a_spend_row(CREATIVE),
        a_spend_row(CREATIVE_2, spend="2"),
        a_spend_row(SMART_AD, spend="4"),
        a_spend_row(AD),
    )
    metrics = ["spend", "ad_name", "campaign_automation_type", "ad_id_v2", "ad_url_list", "campaign_id"]
    rows = {row["dimensions"]["ad_id_v2"]: row["metrics"] for row in report(api, metrics=metrics)["list"]}
    assert rows == {
        AD: {
            "spend": "1.50",
            "ad_name": "Video A",
            "campaign_automation_type": "MANUAL",
            "ad_id_v2": AD,
            "ad_url_list": '["https://go.example.com/a"]',
            "campaign_id": CAMPAIGN,
        },
        SMART_AD: {
            "spend": "7.50",
            "ad_name": "Smart ad",
            "campaign_automation_type": "UPGRADED_SMART_PLUS",
            "ad_id_v2": SMART_AD,
            "ad_url_list": '["https://go.example.com/s"]',
            "campaign_id": SMART_CAMPAIGN,
        },
    }


def test_by_ad_id_there_are_creatives_and_less_money(api: Api) -> None:
    load_spend(api, a_spend_row(CREATIVE), a_spend_row(SMART_AD, spend="4"))
    [row] = report(api, dimensions=["ad_id"], metrics=["spend", "campaign_automation_type", "ad_name"])["list"]
    assert row["dimensions"] == {"ad_id": CREATIVE}
    assert row["metrics"] == {
        "spend": "1.50",
        "campaign_automation_type": "UPGRADED_SMART_PLUS_CREATIVE",
        "ad_name": "Cut 1",
    }


@pytest.mark.parametrize(
    ("level", "dimension", "ids"),
    [
        ("AUCTION_CAMPAIGN", "campaign_id", {CAMPAIGN: "1.50", SMART_CAMPAIGN: "2.00"}),
        ("AUCTION_ADGROUP", "adgroup_id", {ADGROUP: "1.50", "1800000000000012": "2.00"}),
        ("AUCTION_ADVERTISER", "advertiser_id", {ADVERTISER: "3.50"}),
    ],
)
def test_each_level_adds_up_what_is_below_it(api: Api, level: str, dimension: str, ids: dict[str, str]) -> None:
    load_spend(api, a_spend_row(), a_spend_row(CREATIVE, spend="2"))
    data = report(api, data_level=level, dimensions=[dimension])
    assert {row["dimensions"][dimension]: row["metrics"]["spend"] for row in data["list"]} == ids


def test_a_campaign_is_of_its_own_kind_whatever_spent(api: Api) -> None:
    load_spend(api, a_spend_row(CREATIVE))
    query = {"data_level": "AUCTION_CAMPAIGN", "dimensions": ["campaign_id"], "metrics": ["campaign_automation_type"]}
    assert the_row(api, **query) == {"campaign_automation_type": "UPGRADED_SMART_PLUS"}


def test_days_are_of_the_accounts_zone(api: Api) -> None:
    load_spend(api, a_spend_row(hour="2026-11-16T23:30:00Z"), a_spend_row(hour="2026-11-17T23:30:00Z", spend="2"))
    assert by_time(report(api)) == {f"{DAY} 00:00:00": "1.50"}
    days = report(api, dimensions=["ad_id_v2", "stat_time_day"], start_date=DAY, end_date="2026-11-18")
    assert by_time(days) == {f"{DAY} 00:00:00": "1.50", "2026-11-18 00:00:00": "2.00"}


@pytest.mark.parametrize(
    ("kind", "hours", "day"),
    [
        ("merged", {"01": ["1.00"], "02": ["6.00"], "03": ["8.00"]}, "15.00"),
        ("doubled", {"01": ["1.00"], "02": ["2.00", "4.00"], "03": ["8.00"]}, "15.00"),
        ("first", {"01": ["1.00"], "02": ["2.00"], "03": ["8.00"]}, "15.00"),
    ],
)
def test_the_hour_that_comes_twice(api: Api, kind: str, hours: dict[str, list[str]], day: str) -> None:
    long_day = "2026-10-25"
    spend = [
        a_spend_row(hour=f"{long_day}T{hour}", spend=amount)
        for hour, amount in {
            "01:00:00+02:00": "1",
            "02:00:00+02:00": "2",
            "02:00:00+01:00": "4",
            "03:00:00+01:00": "8",
        }.items()
    ]
    load_spend(api, *spend, repeated_hour=kind)
    found: dict[str, list[str]] = {}
    for row in report(api, start_date=long_day, end_date=long_day)["list"]:
        found.setdefault(row["dimensions"]["stat_time_hour"][11:13], []).append(row["metrics"]["spend"])
    assert {hour: sorted(amounts) for hour, amounts in found.items()} == hours
    days = report(api, dimensions=["ad_id_v2", "stat_time_day"], start_date=long_day, end_date=long_day)
    assert [row["metrics"]["spend"] for row in days["list"]] == [day]


def test_the_hour_that_does_not_come_cannot_be_loaded_and_has_no_row(api: Api) -> None:
    short_day = "2026-03-29"
    wrong = an_account(an_advertiser(spend=[a_spend_row(hour=f"{short_day} 02:00:00")]))
    answer = api.client.post("/_sandbox/accounts", json=wrong)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "hour")
    load_spend(api, zero_rows="all")
    hours = set(by_time(report(api, start_date=short_day, end_date=short_day)))
    assert len(hours) == 23
    assert f"{short_day} 02:00:00" not in hours


def test_rows_of_zeros_come_for_some_all_or_no_ads(api: Api) -> None:
    counts = {}
    for kind in ("none", "some", "all"):
        load_spend(api, zero_rows=kind)
        data = report(api, dimensions=["ad_id_v2", "stat_time_day"], start_date="2026-11-01", end_date="2026-11-17")
        counts[kind] = data["page_info"]["total_number"]
        assert {row["metrics"]["spend"] for row in data["list"]} <= {"0.00"}
    assert (counts["none"], counts["all"]) == (0, 34)
    assert 0 < counts["some"] < 34


def test_hours_to_come_have_no_row(api: Api) -> None:
    load_spend(api, a_spend_row(hour="2026-11-18 12:00:00"), a_spend_row(hour="2026-11-18 13:00:00"), zero_rows="all")
    hours = by_time(report(api, start_date="2026-11-18", end_date="2026-11-18"))
    assert max(hours) == "2026-11-18 12:00:00"  # now it is 12:06 in Berlin


def test_a_lifetime_needs_no_dates(api: Api) -> None:
    load_spend(api, a_spend_row(hour="2025-01-01 10:00:00"), a_spend_row())
    data = report(api, dimensions=["ad_id_v2"], query_lifetime="true", start_date=None, end_date=None)
    assert spend_of(data) == {AD: "3.00"}


def test_by_country_rows_come_late(api: Api, clock: Clock) -> None:
    hour = "2026-11-18 10:00:00"
    load_spend(api, a_spend_row(hour=hour), a_spend_row(hour=hour, country="AT", spend="0.5"))
    query = {"dimensions": ["ad_id_v2", "country_code"], "start_date": "2026-11-18", "end_date": "2026-11-18"}
    assert report(api, **query)["list"] == []
    assert len(report(api, **{**query, "dimensions": ["ad_id_v2"]})["list"]) == 1
    clock.now += 11 * 3600
    rows = {row["dimensions"]["country_code"]: row["metrics"]["spend"] for row in report(api, **query)["list"]}
    assert rows == {"DE": "1.50", "AT": "0.50"}


def test_platforms_are_an_audience_report(api: Api) -> None:
    load_spend(api, a_spend_row(platform="IOS"), a_spend_row(platform="ANDROID", spend="0.5"))
    data = report(api, report_type="AUDIENCE", dimensions=["ad_id_v2", "platform"], metrics=["spend", "clicks"])
    assert {row["dimensions"]["platform"]: row["metrics"]["spend"] for row in data["list"]} == {
        "IOS": "1.50",
        "ANDROID": "0.50",
    }


def test_too_many_ads_are_cut_to_the_newest_with_no_sign_but_a_header(api: Api) -> None:
    ads = [{"ad_id": str(n), "create_time": f"2026-01-0{n} 00:00:00"} for n in range(1, 6)]
    campaign = {"campaign_id": "9", "adgroups": [{"adgroup_id": "8", "ads": ads}]}
    load_spend(api, *(a_spend_row(str(n)) for n in range(1, 5)), campaigns=[campaign], ad_limit=3, zero_rows="all")
    headers = {"Access-Token": "access-token-of-the-tests"}
    asked = {
        "advertiser_id": ADVERTISER,
        "report_type": "BASIC",
        "data_level": "AUCTION_AD",
        "dimensions": '["ad_id_v2"]',
        "start_date": DAY,
        "end_date": DAY,
    }
    answer = api.client.get("/open_api/v1.3/report/integrated/get/", params=asked, headers=headers)
    assert answer.json()["code"] == 0
    assert "only return the top 20k" in answer.headers["X-Tt-Ads-Throttle"]
    assert set(spend_of(answer.json()["data"])) == {"3", "4"}  # 5 is among the newest, but spent nothing
    few = '[{"field_name":"ad_ids_v2","filter_type":"IN","filter_value":"[\\"1\\",\\"2\\"]"}]'
    answer = api.client.get(
        "/open_api/v1.3/report/integrated/get/", params={**asked, "filtering": few}, headers=headers
    )
    assert "X-Tt-Ads-Throttle" not in answer.headers
    assert set(spend_of(answer.json()["data"])) == {"1", "2"}


def test_pages_are_of_ten_up_to_a_thousand_and_hold_each_row_once(api: Api) -> None:
    load_spend(api, *(a_spend_row(hour=f"{DAY} {hour:02}:00:00") for hour in range(24)))
    assert len(report(api, page_size=None)["list"]) == 10
    pages = [report(api, page=page, page_size=10) for page in (1, 2, 3, 4)]
    assert [len(page["list"]) for page in pages] == [10, 10, 4, 0]
    assert len({row["dimensions"]["stat_time_hour"] for page in pages for row in page["list"]}) == 24
    assert pages[0]["page_info"] == {"page": 1, "page_size": 10, "total_number": 24, "total_page": 3}


def test_rows_are_sorted_only_when_that_is_asked_for(api: Api) -> None:
    load_spend(api, *(a_spend_row(hour=f"{DAY} {hour:02}:00:00", spend=str((hour * 7) % 24)) for hour in range(24)))

    def spent(**query: Any) -> list[float]:
        return [float(row["metrics"]["spend"]) for row in report(api, **query)["list"]]

    assert spent(order_field="spend") == [float(n) for n in range(23, -1, -1)]
    assert spent(order_field="spend", order_type="ASC") == [float(n) for n in range(24)]
    assert spent() not in (sorted(spent()), sorted(spent(), reverse=True))
    hours = list(by_time(report(api, order_field="stat_time_hour", order_type="ASC")))
    assert hours == sorted(hours)


def test_an_event_is_a_conversion_of_the_ad_that_its_page_names(api: Api) -> None:
    load_spend(api, a_spend_row(), rates={"USD": 0.5})
    headers = {"Access-Token": PIXEL_TOKEN}
    url = f"https://go.example.com/a?ad_id={AD}&ad_id_v2={AD}&ttclid=E.C.P.x"
    sale = {"properties": {"value": 10, "currency": "USD"}, "page": {"url": url}}
    rows = [
        a_row(event_id="1", **sale),
        a_row(event_id="2", event="ViewContent", page={"url": url}),
        a_row(event_id="3", page={"url": "https://go.example.com/a?ad_id=404&ttclid=E.C.P.x"}),
        a_row(event_id="4", page={"url": f"https://go.example.com/a?ad_id={AD}"}),
    ]
    for _ in range(2):  # the second time all are duplicates
        body = a_body(*rows, event_source_id=PIXEL_CODE)
        assert api.client.post("/open_api/v1.3/event/track/", json=body, headers=headers).json()["code"] == 0
    metrics = ["complete_payment", "total_complete_payment_rate", "conversion", "page_content_view_events", "spend"]
    [row] = report(api, start_date="2026-11-18", end_date="2026-11-18", metrics=metrics)["list"]
    assert row["dimensions"] == {"ad_id_v2": AD, "stat_time_hour": "2026-11-18 12:00:00"}
    assert row["metrics"] == {
        "complete_payment": "1",
        "total_complete_payment_rate": "5.00",
        "conversion": "1",
        "page_content_view_events": "1",
        "spend": "0.00",
    }
    api.client.post("/_sandbox/reset")
    assert report(api, start_date="2026-11-18", end_date="2026-11-18")["list"] == []


def test_test_events_are_no_conversions(api: Api) -> None:
    url = f"https://go.example.com/a?ad_id={AD}&ttclid=E.C.P.x"
    body = a_body(a_row(page={"url": url}), event_source_id=PIXEL_CODE, test_event_code="T")
    api.client.post("/open_api/v1.3/event/track/", json=body, headers={"Access-Token": PIXEL_TOKEN})
    assert report(api, start_date="2026-11-18", end_date="2026-11-18")["list"] == []


def test_reports_that_come_later_are_for_apps_on_a_list(api: Api) -> None:
    headers = {"Access-Token": "access-token-of-the-tests"}
    answer = api.client.post("/open_api/v1.3/report/task/create/", json={}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (200, 40118)
