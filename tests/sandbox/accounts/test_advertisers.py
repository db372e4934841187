"""Who logged in, and what an advertiser is."""

from typing import Any

import pytest

from tests.sandbox.accounts.conftest import Api
from tests.sandbox.accounts.examples import ADVERTISER, BC, OTHER, an_account, an_advertiser


def _info(api: Api, ids: list[str], **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = api.data("/advertiser/info/", advertiser_id=None, advertiser_ids=ids, **query)["list"]
    return rows


def test_the_address_of_a_login_is_masked(api: Api) -> None:
    data = api.data("/user/info/")
    assert (data["display_name"], data["email"]) == ("Ada", "a***@example.com")


@pytest.mark.parametrize(
    ("display", "timezone"),
    [
        ("America/Los_Angeles", "Etc/GMT+8"),
        ("Europe/London", "Etc/GMT"),
        ("Europe/Berlin", "Etc/GMT-1"),
        ("Australia/Sydney", "Etc/GMT-10"),
    ],
)
def test_the_time_zone_stands_in_posix_signs_beside_the_one_to_use(api: Api, display: str, timezone: str) -> None:
    api.load(an_account(an_advertiser(display_timezone=display)))
    [row] = _info(api, [ADVERTISER])
    assert (row["timezone"], row["display_timezone"]) == (timezone, display)


def test_with_fields_a_row_holds_those_and_no_others(api: Api) -> None:
    rows = _info(api, [OTHER, ADVERTISER], fields=["currency", "create_time"])
    assert rows == [
        {"currency": "USD", "create_time": 1_767_225_600},
        {"currency": "EUR", "create_time": 1_767_225_600},
    ]


def test_the_owning_business_center_is_named(api: Api) -> None:
    api.load(an_account(business_centers=[{"bc_id": BC}]))
    assert _info(api, [ADVERTISER])[0]["owner_bc_id"] == BC


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ({"advertiser_ids": None}, 40002, "advertiser_ids: Missing"),
        ({"advertiser_ids": []}, 40002, "advertiser_ids: Missing"),
        ({"advertiser_ids": ADVERTISER}, 40002, "advertiser_ids: Not a valid list"),
        ({"advertiser_ids": f"{ADVERTISER},{OTHER}"}, 40002, "advertiser_ids: Not valid JSON"),
        ({"advertiser_ids": [7]}, 40002, "advertiser_ids.0: Not a valid string"),
        ({"advertiser_ids": [ADVERTISER] * 101}, 40011, "advertiser_ids: Longer than maximum length 100"),
        ({"advertiser_ids": [ADVERTISER, "404"]}, 40001, "No permission to operate advertiser 404"),
        ({"advertiser_ids": [ADVERTISER], "fields": ["nam"]}, 40002, "fields: Unsupported value: ['nam']"),
    ],
    ids=["none", "empty", "no list", "commas", "number", "101", "one not granted", "unknown field"],
)
def test_a_wrong_question_is_refused_and_named(api: Api, query: dict[str, Any], code: int, words: str) -> None:
    told = api.refusal("/advertiser/info/", advertiser_id=None, **query)
    assert (told[0], words in told[1]) == (code, True), told


def test_a_hundred_ids_are_answered(api: Api) -> None:
    assert len(_info(api, [ADVERTISER] * 100)) == 100
