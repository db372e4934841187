"""Loading accounts, granting tokens, changing spend."""

from typing import Any

import pytest

from tests.sandbox.accounts.conftest import Api
from tests.sandbox.accounts.examples import (
    AD,
    ADVERTISER,
    OTHER,
    PIXEL_CODE,
    a_campaign,
    an_account,
    an_advertiser,
)
from tests.sandbox.accounts.reports import DAY

ROW = {"ad_id": AD, "hour": f"{DAY} 09:00:00", "spend": "1.50", "impressions": 400, "clicks": 9}


def _spend(api: Api, **query: str) -> dict[str, Any]:
    found: dict[str, Any] = api.client.get("/_sandbox/spend", params={"advertiser_id": ADVERTISER, **query}).json()
    return found


def test_an_account_is_shown_with_what_it_holds(api: Api) -> None:
    shown = api.client.get("/_sandbox/accounts").json()
    assert [app["app_id"] for app in shown["apps"]] == ["7000000000000000042"]
    [account] = shown["items"]
    assert [one["advertiser_id"] for one in account["advertisers"]] == [ADVERTISER, OTHER]
    assert account["advertisers"][0]["pixels"] == [PIXEL_CODE]
    assert AD in account["advertisers"][0]["ads"]


def test_an_account_replaces_the_one_of_its_id_and_stands_beside_others(api: Api) -> None:
    api.load(an_account({"advertiser_id": "9"}))
    api.load(an_account({"advertiser_id": "10"}, account_id="second"))
    items = api.client.get("/_sandbox/accounts").json()["items"]
    assert [[one["advertiser_id"] for one in account["advertisers"]] for account in items] == [["9"], ["10"]]
    assert api.client.delete("/_sandbox/accounts/second").json() == {"removed": "second"}
    assert api.client.delete("/_sandbox/accounts/second").status_code == 404


def test_clearing_takes_accounts_and_tokens_and_apps(api: Api) -> None:
    api.load(an_account(apps=[{"app_id": "5", "secret": "s"}]))
    assert api.client.delete("/_sandbox/accounts").json() == {"items": []}
    assert len(api.client.get("/_sandbox/accounts").json()["apps"]) == 1
    assert api.client.get("/_sandbox/grants").json()["items"] == []
    assert api.get("/user/info/")["code"] == 40105


def test_a_reset_of_the_traffic_leaves_the_accounts(api: Api) -> None:
    api.client.post("/_sandbox/reset")
    assert api.get("/pixel/list/")["code"] == 0


def test_grants_are_listed_masked(api: Api) -> None:
    [grant] = api.client.get("/_sandbox/grants").json()["items"]
    assert (grant["access_token"], grant["account_id"]) == ("***ests", "account")


@pytest.mark.parametrize(
    ("advertiser", "field"),
    [
        ({"advertiser_id": "abc"}, "advertisers[0].advertiser_id"),
        ({"advertiser_id": 7}, "advertisers[0].advertiser_id"),
        ({"advertiser_id": "7", "display_timezone": "Mars/Base"}, "advertisers[0].display_timezone"),
        ({"advertiser_id": "7", "curency": "EUR"}, "advertisers[0].curency"),
        ({"advertiser_id": "7", "spend": [{**ROW, "ad_id": "404"}]}, "ad_id"),
        (an_advertiser(spend=[{**ROW, "hour": f"{DAY} 09:30:00"}]), "hour"),
        (an_advertiser(spend=[{**ROW, "clicks": -1}]), "advertisers[0].spend[0].clicks"),
        (an_advertiser(corrections=[{"after_pulls": 1, "set": [{**ROW, "hour": "soon"}]}]), "hour"),
        (an_advertiser(campaigns=[a_campaign(), a_campaign()]), "campaigns"),
    ],
    ids=[
        *("no id", "number", "zone", "misspelt", "unknown ad", "half hour", "negative", "late correction", "ad twice"),
    ],
)
def test_a_wrong_account_is_a_422_that_names_the_field_and_changes_nothing(
    api: Api, advertiser: dict[str, Any], field: str
) -> None:
    answer = api.client.post("/_sandbox/accounts", json=an_account(advertiser))
    assert (answer.status_code, answer.json()["error"].get("field")) == (422, field), answer.text
    assert api.get("/pixel/list/")["code"] == 0


def test_spend_is_listed_by_day_with_what_is_still_to_come(api: Api) -> None:
    correction = {"after_pulls": 3, "delete": [{"day": DAY}]}
    rows = [ROW, {**ROW, "hour": "2026-11-16 09:00:00"}]
    api.load(an_account(an_advertiser(spend=rows, corrections=[correction])))
    found = _spend(api, day=DAY)
    assert [(row["hour"], row["spend"], row["reach"], row["country"]) for row in found["items"]] == [
        (f"{DAY} 09:00:00", "1.50", [320], "DE")
    ]
    assert (found["pulls"], found["waiting"][0]["after_pulls"]) == (0, 3)
    assert len(_spend(api)["items"]) == 2


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"advertiser_id": "404"}, 404, "advertiser_id"),
        ({"delete": [{}]}, 422, "delete[0].ad_id"),
        ({"delete": [{"day": "yesterday"}]}, 422, "delete[0].day"),
        ({"delete": [{"hour": "soon"}]}, 422, "hour"),
        ({"set": [{**ROW, "ad_id": "404"}]}, 422, "ad_id"),
        ({"replace": []}, 422, "replace"),
    ],
    ids=["advertiser", "everything", "no day", "no hour", "unknown ad", "misspelt"],
)
def test_a_wrong_change_is_refused_and_changes_nothing(
    api: Api, change: dict[str, Any], status: int, field: str
) -> None:
    api.load(an_account(an_advertiser(spend=[ROW])))
    answer = api.client.post("/_sandbox/spend", json={"advertiser_id": ADVERTISER, **change})
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field), answer.text
    assert len(_spend(api)["items"]) == 1


def test_setting_an_hour_replaces_all_its_rows_and_adding_sums(api: Api) -> None:
    two = [ROW, {**ROW, "country": "AT"}]
    api.load(an_account(an_advertiser(spend=two)))
    api.client.post("/_sandbox/spend", json={"advertiser_id": ADVERTISER, "set": [{**ROW, "spend": 4}], "add": [ROW]})
    [row] = _spend(api)["items"]
    assert (row["spend"], row["impressions"]) == ("5.50", 800)


def test_the_front_page_lists_what_there_is(api: Api) -> None:
    page = api.client.get("/").text
    for name in (
        "/portal/auth",
        "/report/integrated/get/",
        "/_sandbox/accounts",
        "/_sandbox/spend",
        "/_sandbox/grants",
    ):
        assert name in page
