"""The demo account."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.accounts.demo import AMERICA, EUROPE, LINK
from sandbox.accounts.grants import SANDBOX_APP
from sandbox.app import create_app
from sandbox.tokens import Pixel
from tests.sandbox.accounts.conftest import Api
from tests.sandbox.accounts.reports import report
from tests.sandbox.conftest import Clock, in_process
from tests.sandbox.rows import PIXEL, TOKEN

ALL = [{"field_name": "ad_status", "filter_type": "IN", "filter_value": '["STATUS_ALL"]'}]
CLICKED = "1790000000000003"  # what the demo's click line names
OLD_AD = "1790000000000007"
DAYS = {
    "advertiser_id": EUROPE,
    "dimensions": ["ad_id_v2", "stat_time_day"],
    "start_date": "2026-10-21",
    "end_date": "2026-11-18",
    "filtering": ALL,
}


def _demo(clock: Clock) -> Iterator[Api]:
    with in_process(create_app(demo=Pixel(PIXEL, TOKEN), clock=clock, ads_lead_to=LINK)) as client:
        api = Api(client)
        api.grant(account_id="demo")
        yield api


@pytest.fixture
def demo(clock: Clock) -> Iterator[Api]:
    yield from _demo(clock)


def _spent(data: dict[str, Any]) -> Decimal:
    return sum((Decimal(row["metrics"]["spend"]) for row in data["list"]), Decimal(0))


def test_it_has_two_advertisers_and_the_first_has_the_demo_pixel(demo: Api) -> None:
    ids = [EUROPE, AMERICA]
    rows = demo.data("/advertiser/info/", advertiser_ids=ids, fields=["advertiser_id", "currency", "display_timezone"])
    assert [tuple(row.values()) for row in rows["list"]] == [
        (EUROPE, "EUR", "Europe/Berlin"),
        (AMERICA, "USD", "America/Los_Angeles"),
    ]
    assert [row["pixel_code"] for row in demo.data("/pixel/list/", advertiser_id=EUROPE)["pixels"]] == [PIXEL]


def test_it_has_one_of_every_kind_of_ad(demo: Api) -> None:
    kinds = set()
    names = {}
    for advertiser_id in (EUROPE, AMERICA):
        every = {"filtering": {"primary_status": "STATUS_ALL"}, "advertiser_id": advertiser_id, "page_size": 100}
        kinds |= {row["campaign_automation_type"] for row in demo.data("/ad/get/", **every)["list"]}
        kinds |= {row["objective_type"] for row in demo.data("/campaign/get/", **every)["list"]}
        kinds |= {tuple(row["operating_systems"]) for row in demo.data("/adgroup/get/", **every)["list"]}
        names |= {row["ad_id"]: row["secondary_status"] for row in demo.data("/ad/get/", **every)["list"]}
    assert kinds == {
        *("MANUAL", "UPGRADED_SMART_PLUS_CREATIVE", "WEB_CONVERSIONS", "APP_PROMOTION"),
        *((), ("IOS",), ("ANDROID",)),
    }
    assert names[OLD_AD] == "AD_STATUS_DELETE"
    assert CLICKED in names


def test_it_has_four_weeks_of_spend_and_the_deleted_ad_a_part_of_them(demo: Api) -> None:
    data = report(demo, **{**DAYS, "metrics": ["spend", "clicks"]})
    spent: dict[str, set[str]] = {}
    for row in data["list"]:
        if row["metrics"]["spend"] != "0.00":
            spent.setdefault(row["dimensions"]["ad_id_v2"], set()).add(row["dimensions"]["stat_time_day"][:10])
    assert (len(spent[CLICKED]), min(spent[CLICKED])) == (28, "2026-10-22")
    assert (min(spent[OLD_AD]), max(spent[OLD_AD])) == ("2026-10-22", "2026-11-02")  # up to a Monday of UTC
    assert OLD_AD not in {row["dimensions"]["ad_id_v2"] for row in report(demo, **{**DAYS, "filtering": []})["list"]}


def test_hours_add_up_to_days_and_ads_to_their_advertiser(demo: Api) -> None:
    day = {**DAYS, "start_date": "2026-11-10", "end_date": "2026-11-10"}
    hours = report(demo, **{**day, "dimensions": ["ad_id_v2", "stat_time_hour"]})
    whole = {**day, "data_level": "AUCTION_ADVERTISER", "dimensions": ["advertiser_id", "stat_time_day"]}
    control = report(demo, **{**whole, "filtering": []})
    assert _spent(hours) == _spent(report(demo, **day)) == _spent(control) > 100


def test_evenings_spend_more_than_nights(demo: Api) -> None:
    query = {**DAYS, "start_date": "2026-11-10", "end_date": "2026-11-10"}
    data = report(
        demo, **{**query, "data_level": "AUCTION_CAMPAIGN", "dimensions": ["stat_time_hour"], "filtering": []}
    )
    hours = {int(row["dimensions"]["stat_time_hour"][11:13]): float(row["metrics"]["spend"]) for row in data["list"]}
    assert hours[20] > 5 * hours[4] > 0


def test_spend_grows_with_the_clock_and_what_is_past_stays(demo: Api, clock: Clock) -> None:
    today = {**DAYS, "start_date": "2026-11-18", "dimensions": ["ad_id_v2", "stat_time_hour"]}
    before = report(demo, **today)
    clock.now += 1800  # from 12:06 to 12:36 in Berlin
    within = report(demo, **today)
    clock.now += 7200
    after = report(demo, **today)

    def hour(data: dict[str, Any], number: int) -> Decimal:
        label = f"2026-11-18 {number:02}:00:00"
        return _spent({"list": [row for row in data["list"] if row["dimensions"]["stat_time_hour"] == label]})

    assert hour(before, 11) == hour(within, 11) == hour(after, 11)
    assert hour(before, 12) < hour(within, 12) < hour(after, 12)
    assert hour(within, 13) == 0 < hour(after, 13)


def test_a_restart_tells_the_same_numbers(demo: Api, clock: Clock) -> None:
    def figures(api: Api) -> dict[tuple[str, ...], str]:
        rows = report(api, **{**DAYS, "end_date": "2026-11-16", "start_date": "2026-10-22"})["list"]
        return {
            tuple(row["dimensions"].values()): row["metrics"]["spend"]
            for row in rows
            if row["metrics"]["spend"] != "0.00"
        }

    first = figures(demo)
    clock.now += 20 * 3600
    for again in _demo(clock):
        second = figures(again)
    assert len(second) > 100
    assert {key: spend for key, spend in first.items() if key[1] > "2026-10-23"} == second


def test_an_event_of_the_clicked_ad_adds_to_what_tiktok_counts(demo: Api) -> None:
    def purchases() -> int:
        query = {**DAYS, "start_date": "2026-11-18", "metrics": ["complete_payment"], "dimensions": ["ad_id_v2"]}
        rows = {row["dimensions"]["ad_id_v2"]: row["metrics"] for row in report(demo, **query)["list"]}
        return int(rows[CLICKED]["complete_payment"])

    before = purchases()
    url = f"http://127.0.0.1:8000/demo?ad_id={CLICKED}&ttclid=E.C.P.x"
    row = {"event": "Purchase", "event_time": 1_795_000_000, "event_id": "1", "page": {"url": url}}
    body = {"event_source": "web", "event_source_id": PIXEL, "data": [row]}
    demo.client.post("/open_api/v1.3/event/track/", json=body, headers={"Access-Token": TOKEN})
    assert purchases() == before + 1


def test_a_reset_of_the_accounts_keeps_it(demo: Api) -> None:
    demo.load({"account_id": "mine"})
    demo.client.post("/_sandbox/reset", json={"accounts": True})
    listed = demo.client.get("/_sandbox/accounts").json()["items"]
    assert [account["account_id"] for account in listed] == ["demo"]
    assert demo.get("/user/info/")["code"] == 40105


def _log_in(api: Api) -> str:
    asked = {"app_id": SANDBOX_APP.app_id, "redirect_uri": "https://c.example.com/back", "decision": "allow"}
    back = api.client.get("/portal/auth", params=asked).headers["location"]
    code = parse_qs(urlsplit(back).query)["auth_code"][0]
    body = {"app_id": SANDBOX_APP.app_id, "secret": SANDBOX_APP.secret, "auth_code": code}
    token: str = api.post("/oauth2/access_token/", **body)["data"]["access_token"]
    return token


def test_what_was_connected_stays_connected_over_a_restart_with_the_same_pixel_token(demo: Api, clock: Clock) -> None:
    token = _log_in(demo)
    for again in _demo(clock):
        assert again.get("/pixel/list/", token=token, advertiser_id=EUROPE)["code"] == 0
    with in_process(create_app(demo=Pixel(PIXEL, "another-token"), clock=clock, ads_lead_to=LINK)) as client:
        assert Api(client).get("/user/info/", token=token)["code"] == 40105


def test_a_revoked_connection_is_made_again_by_logging_in(demo: Api) -> None:
    token = _log_in(demo)
    demo.post("/oauth2/revoke_token/", app_id=SANDBOX_APP.app_id, secret=SANDBOX_APP.secret, access_token=token)
    assert demo.get("/user/info/", token=token)["code"] == 40105
    assert demo.get("/user/info/", token=_log_in(demo))["code"] == 0


def test_its_ads_lead_where_the_demo_is_served(clock: Clock) -> None:
    with in_process(
        create_app(demo=Pixel(PIXEL, TOKEN), clock=clock, ads_lead_to="http://127.0.0.1:9123/tea")
    ) as client:
        api = Api(client)
        api.grant(account_id="demo")
        ads = api.data("/ad/get/", advertiser_id=EUROPE)["list"]
        urls = [ad["landing_page_url"] for ad in ads if ad.get("landing_page_url")]
        assert urls
        assert all(url.startswith("http://127.0.0.1:9123/tea?campaign_id=__CAMPAIGN_ID__&") for url in urls)
