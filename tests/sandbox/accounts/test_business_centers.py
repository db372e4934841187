"""Business Centers, what they hold, which advertisers a pixel is linked to."""

from typing import Any

import pytest

from tests.sandbox.accounts.conftest import Api
from tests.sandbox.accounts.examples import (
    ADVERTISER,
    BC,
    OTHER,
    PIXEL_CODE,
    PIXEL_ID,
    a_pixel,
    an_account,
    an_advertiser,
)

SECOND = "7000000000000000302"


@pytest.fixture
def centers(api: Api) -> Api:
    other = {"advertiser_id": OTHER, "name": "Tea Timer US"}
    advertiser = an_advertiser(pixels=[a_pixel(linked_advertiser_ids=[OTHER])])
    asset = {"asset_id": OTHER, "advertiser_role": "ANALYST", "relation_type": "OWNER_PARTNER"}
    second = {"bc_id": SECOND, "user_role": "STANDARD", "assets": [{**asset, "relation_status": "PENDING"}]}
    api.load(an_account(advertiser, other, business_centers=[{"bc_id": BC}, second]))
    return api


def test_business_centers_come_with_the_role_in_each(centers: Api) -> None:
    data = centers.data("/bc/get/")
    assert [(row["bc_info"]["bc_id"], row["user_role"]) for row in data["list"]] == [
        (BC, "ADMIN"),
        (SECOND, "STANDARD"),
    ]
    assert data["page_info"] == {"page": 1, "page_size": 10, "total_number": 2, "total_page": 1}


def test_assets_say_the_role_on_each_advertiser(centers: Api) -> None:
    owned = centers.data("/bc/asset/get/", bc_id=BC, asset_type="ADVERTISER")["list"]
    assert [(row["asset_id"], row["advertiser_role"], row["relation_type"]) for row in owned] == [
        (ADVERTISER, "ADMIN", "OWNER_BC"),
        (OTHER, "ADMIN", "OWNER_BC"),
    ]
    [shared] = centers.data("/bc/asset/get/", bc_id=SECOND, asset_type="ADVERTISER")["list"]
    assert (shared["advertiser_role"], shared["relation_status"]) == ("ANALYST", "PENDING")
    [pixel] = centers.data("/bc/asset/get/", bc_id=BC, asset_type="PIXEL")["list"]
    assert (pixel["asset_id"], pixel["pixel_code"], pixel["advertiser_role"]) == (PIXEL_ID, PIXEL_CODE, None)


def test_a_pixel_names_the_advertisers_it_is_linked_to(centers: Api) -> None:
    rows = centers.data("/bc/pixel/link/get/", bc_id=BC, pixel_code=PIXEL_CODE)["list"]
    assert [row["advertiser_id"] for row in rows] == [ADVERTISER, OTHER]
    code, words = centers.refusal("/bc/pixel/link/get/", bc_id=SECOND, pixel_code=PIXEL_CODE)
    assert (code, words) == (40002, "You don't have permission to the asset.")


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("/bc/get/", {"page_size": 51}, 40002),
        ("/bc/asset/get/", {"bc_id": BC}, 40002),
        ("/bc/asset/get/", {"bc_id": BC, "asset_type": "SHOES"}, 40002),
        ("/bc/asset/get/", {"bc_id": BC, "asset_type": "PIXEL", "page_size": 51}, 40002),
        ("/bc/asset/get/", {"bc_id": "404", "asset_type": "PIXEL"}, 40001),
        ("/bc/pixel/link/get/", {"bc_id": BC}, 40002),
    ],
    ids=["page", "no type", "unknown type", "page of assets", "not ours", "no pixel"],
)
def test_a_wrong_question_is_refused(centers: Api, path: str, query: dict[str, Any], code: int) -> None:
    assert centers.refusal(path, **query)[0] == code
