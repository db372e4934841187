"""Advertisers and Business Centers, read from the sandbox."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest

from tests.account_sandbox import COFFEE, TEA, TEA_PIXEL, AccountSandbox, account_sandbox, advertiser, coffee
from tiktok.account_refusals import ApiRefused
from tiktok.accounts import (
    AdvertiserAsset,
    AdvertiserInfo,
    BusinessCenter,
    advertiser_assets,
    advertiser_infos,
    business_centers,
    linked_advertisers,
    probe,
)
from tiktok.business_api import BusinessApi, business_client
from tiktok.pixel_list import ListedPixel, listed_pixels

pytestmark = pytest.mark.anyio

BC = "7000000000000000301"


@pytest.fixture
def sandbox() -> Iterator[AccountSandbox]:
    with account_sandbox() as running:
        yield running


@pytest.fixture
async def api(sandbox: AccountSandbox) -> AsyncIterator[BusinessApi]:
    async with business_client() as client:
        yield BusinessApi(client, sandbox.url)


async def test_a_token_that_lives_names_its_user(sandbox: AccountSandbox, api: BusinessApi) -> None:
    sandbox.load(advertiser())
    assert await probe(api, sandbox.grant(scope=[])) == "Ada"
    with pytest.raises(ApiRefused) as refused:
        await probe(api, "a-dead-token-0123456789")
    assert (refused.value.kind, refused.value.verdict.code) == ("reconnect", 40105)


async def test_an_advertiser_in_detail(sandbox: AccountSandbox, api: BusinessApi) -> None:
    sandbox.load(advertiser(), coffee())
    found = await advertiser_infos(api, sandbox.grant(), [TEA, COFFEE])
    assert found.refused == {}
    assert found.infos[0] == AdvertiserInfo(
        advertiser_id=TEA,
        name="Tea",
        currency="EUR",
        display_timezone="Europe/Berlin",
        timezone="Etc/GMT-1",
        status="STATUS_ENABLE",
        opened_at=datetime(2025, 6, 15, 15, 6, 40, tzinfo=UTC),
    )
    assert (found.infos[1].advertiser_id, found.infos[1].display_timezone) == (COFFEE, "Asia/Tokyo")


async def test_over_a_hundred_are_asked_for_in_batches(sandbox: AccountSandbox, api: BusinessApi) -> None:
    ids = [str(7_100_000_000_000_000_000 + number) for number in range(250)]
    sandbox.load(*(advertiser(one, f"A{one[-3:]}", pixels=[]) for one in ids))
    found = await advertiser_infos(api, sandbox.grant(), ids)
    assert [info.advertiser_id for info in found.infos] == ids
    assert sandbox.paths().count("/advertiser/info/") == 3


async def test_one_that_is_closed_does_not_hide_the_others(sandbox: AccountSandbox, api: BusinessApi) -> None:
    sandbox.load(advertiser(), coffee())
    found = await advertiser_infos(api, sandbox.grant(advertiser_ids=[TEA]), [TEA, COFFEE])
    assert [info.advertiser_id for info in found.infos] == [TEA]
    assert found.refused[COFFEE].verdict.code == 40001


async def test_a_missing_permission_closes_the_endpoint_at_the_first_question(
    sandbox: AccountSandbox, api: BusinessApi
) -> None:
    sandbox.load(advertiser(), coffee())
    with pytest.raises(ApiRefused, match="/advertiser/info/:GET") as refused:
        await advertiser_infos(api, sandbox.grant(scope=[4, 8]), [TEA, COFFEE])
    assert refused.value.kind == "permission"
    assert sandbox.paths() == ["/advertiser/info/"]


async def test_business_centers_say_by_which_right(sandbox: AccountSandbox, api: BusinessApi) -> None:
    asset = {"asset_id": TEA, "advertiser_role": "OPERATOR", "relation_status": "PENDING"}
    center = {"bc_id": BC, "name": "Tea Ltd", "user_role": "STANDARD", "assets": [asset]}
    sandbox.load(advertiser(), business_centers=[center])
    token = sandbox.grant()
    assert await business_centers(api, token) == [BusinessCenter(BC, "Tea Ltd", "STANDARD")]
    assert await advertiser_assets(api, token, BC) == [AdvertiserAsset(TEA, "OPERATOR", "PENDING")]
    with pytest.raises(ApiRefused):
        await advertiser_assets(api, token, "7000000000000000999")


async def test_more_assets_than_a_page_holds_are_all_read(sandbox: AccountSandbox, api: BusinessApi) -> None:
    ids = [str(7_100_000_000_000_000_000 + number) for number in range(100)]
    assets = [{"asset_id": one} for one in ids]
    sandbox.load(advertiser(), business_centers=[{"bc_id": BC, "assets": assets}])
    found = await advertiser_assets(api, sandbox.grant(), BC)
    assert [asset.advertiser_id for asset in found] == ids
    assert sandbox.paths().count("/bc/asset/get/") == 3  # the second page was full: there might have been a third


async def test_who_may_use_a_pixel(sandbox: AccountSandbox, api: BusinessApi) -> None:
    pixel = {"pixel_id": "7000000000000000201", "pixel_code": TEA_PIXEL, "linked_advertiser_ids": [COFFEE]}
    sandbox.load(advertiser(pixels=[pixel]), coffee(), business_centers=[{"bc_id": BC}])
    assert await linked_advertisers(api, sandbox.grant(), BC, TEA_PIXEL) == [TEA, COFFEE]


async def test_a_pixel_as_it_is_listed(sandbox: AccountSandbox, api: BusinessApi) -> None:
    events = [
        {"event_type": "PAGE_VIEW", "optimization_event": None, "event_id": "0"},
        {"event_type": "SHOPPING", "optimization_event": "SHOPPING", "event_id": "7000000001"},
    ]
    pixel = {
        "pixel_id": "7000000000000000201",
        "pixel_code": TEA_PIXEL,
        "pixel_name": "Tea pixel",
        "create_time": "2026-05-26T14:17:07Z",
        "asset_relation_status": "SHARED",
        "events": events,
    }
    sandbox.load(advertiser(pixels=[pixel]))
    assert await listed_pixels(api, sandbox.grant(), TEA) == [
        ListedPixel(
            code=TEA_PIXEL,
            number="7000000000000000201",
            name="Tea pixel",
            relation="SHARED",
            optimization_events=("SHOPPING",),
            created_at=datetime(2026, 5, 26, 14, 17, 7, tzinfo=UTC),
        )
    ]


async def test_pixels_are_read_to_the_last_page_and_one_by_its_code(sandbox: AccountSandbox, api: BusinessApi) -> None:
    pixels = [{"pixel_id": str(7_200_000_000 + n), "pixel_code": f"C4PIXEL{n:03}"} for n in range(45)]
    sandbox.load(advertiser(pixels=pixels))
    token = sandbox.grant()
    assert {pixel.code for pixel in await listed_pixels(api, token, TEA)} == {f"C4PIXEL{n:03}" for n in range(45)}
    assert sandbox.paths().count("/pixel/list/") == 3
    assert [pixel.code for pixel in await listed_pixels(api, token, TEA, "C4PIXEL007")] == ["C4PIXEL007"]
