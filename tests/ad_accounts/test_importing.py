"""What a grant reaches, read into the ledger."""

from collections.abc import AsyncIterator, Iterator

import pytest

from ad_accounts.importing import VANISHED, Imported, import_advertisers, import_pixels
from ledger.advertiser_pixels import advertiser_pixels_of
from ledger.advertisers import advertisers_of
from tests.account_sandbox import (
    COFFEE,
    COFFEE_PIXEL,
    TEA,
    TEA_PIXEL,
    AccountSandbox,
    account_sandbox,
    advertiser,
    coffee,
)
from tests.ad_accounts.account_scene import AccountScene, opened_account_scene
from tests.forwarder.delivering.scene import APP
from tiktok.account_refusals import ApiRefused

pytestmark = pytest.mark.anyio


@pytest.fixture
def sandbox() -> Iterator[AccountSandbox]:
    with account_sandbox() as running:
        yield running


@pytest.fixture
async def scene(database_url: str, sandbox: AccountSandbox) -> AsyncIterator[AccountScene]:
    async with opened_account_scene(database_url, sandbox) as opened:
        yield opened


async def imported(scene: AccountScene, known: tuple[str, ...] = ()) -> Imported:
    access = await scene.granted()
    found = await import_advertisers(scene.side, access, scene.now, known)
    await import_pixels(scene.side, access, found, scene.now, 30.0)
    return found


async def test_every_advertiser_and_every_pixel_is_there_without_a_further_step(scene: AccountScene) -> None:
    scene.sandbox.load(advertiser(), coffee())
    found = await imported(scene)
    assert (found.advertiser_ids, found.pixels, found.complete, found.notes) == ([TEA, COFFEE], 2, True, [])
    zones = {one.advertiser_id: (one.timezone, one.currency) for one in await advertisers_of(scene.pool, APP)}
    assert zones == {TEA: ("Europe/Berlin", "EUR"), COFFEE: ("Asia/Tokyo", "JPY")}
    pixels = {(one.advertiser_id, one.pixel_code, one.name) for one in await advertiser_pixels_of(scene.pool, APP)}
    assert pixels == {(TEA, TEA_PIXEL, "Tea pixel"), (COFFEE, COFFEE_PIXEL, "Coffee pixel")}


async def test_the_display_zone_goes_before_the_one_without_summer_time(scene: AccountScene) -> None:
    # the sandbox says Etc/GMT-1 beside it; a zone that our database does not know gives way to that
    scene.sandbox.load(advertiser(), coffee(more={"display_timezone": "Mars/Olympus"}))
    await imported(scene)
    zones = {one.advertiser_id: one.timezone for one in await advertisers_of(scene.pool, APP)}
    assert zones == {TEA: "Europe/Berlin", COFFEE: "Etc/GMT-9"}


async def test_no_advertiser_at_all_is_no_error(scene: AccountScene) -> None:
    found = await imported(scene)
    assert (found.advertiser_ids, found.pixels, found.complete) == ([], 0, True)


async def test_without_the_permission_for_details_names_and_pixels_stay(scene: AccountScene) -> None:
    scene.sandbox.load(advertiser())
    scene.sandbox.fault(
        "advertiser/info", code=40001, message="advertiser does not grant you /advertiser/info/:GET permission"
    )
    found = await imported(scene)
    [tea] = await advertisers_of(scene.pool, APP)
    assert (tea.name, tea.timezone, tea.currency, tea.state) == ("Tea", "", "", "ok")
    assert (found.pixels, found.complete) == (1, True)
    assert "/advertiser/info/:GET" in found.notes[0]


async def test_without_the_permission_for_the_list_the_exchange_s_word_counts(scene: AccountScene) -> None:
    scene.sandbox.load(advertiser())
    scene.sandbox.fault("oauth2/advertiser/get", code=40001, message="lacks the required scope")
    found = await imported(scene, known=(TEA,))
    [tea] = await advertisers_of(scene.pool, APP)
    assert (tea.name, tea.timezone) == ("Tea", "Europe/Berlin")
    assert "lacks the required scope" in found.notes[0]
    scene.sandbox.fault("oauth2/advertiser/get", code=40001, message="lacks the required scope")
    with pytest.raises(ApiRefused):
        await imported(scene)


async def test_one_that_vanished_is_missing_and_keeps_its_history(scene: AccountScene) -> None:
    scene.sandbox.load(advertiser(), coffee())
    await imported(scene)
    scene.sandbox.load(coffee())
    assert (await imported(scene)).vanished == [TEA]
    gone, here = sorted(await advertisers_of(scene.pool, APP), key=lambda one: one.advertiser_id)
    assert (gone.state, gone.reason, gone.timezone, gone.currency) == ("missing", VANISHED, "Europe/Berlin", "EUR")
    assert here.state == "ok"
    assert {one.advertiser_id for one in await advertiser_pixels_of(scene.pool, APP)} == {TEA, COFFEE}
    scene.sandbox.load(advertiser(), coffee())
    await imported(scene)
    assert {one.state for one in await advertisers_of(scene.pool, APP)} == {"ok"}


async def test_one_that_is_closed_alone_is_red_alone_until_tiktok_tells_of_it(scene: AccountScene) -> None:
    scene.sandbox.load(advertiser(), coffee())
    scene.sandbox.fault("advertiser/info", code=40001, message="No permission to operate advertisers.")
    scene.sandbox.fault("advertiser/info", code=40001, message=f"No permission to operate advertiser {TEA}.")
    await imported(scene)
    states = {one.advertiser_id: (one.state, one.reason) for one in await advertisers_of(scene.pool, APP)}
    assert states[COFFEE] == ("ok", "")
    assert states[TEA][0] == "refused"
    assert f"40001: No permission to operate advertiser {TEA}." in states[TEA][1]
    await imported(scene)
    assert {one.state for one in await advertisers_of(scene.pool, APP)} == {"ok"}


async def test_pixels_that_are_gone_are_forgotten(scene: AccountScene) -> None:
    scene.sandbox.load(advertiser())
    await imported(scene)
    scene.sandbox.load(advertiser(pixels=[{"pixel_id": "7", "pixel_code": "C4ANOTHER"}]))
    await imported(scene)
    assert [one.pixel_code for one in await advertiser_pixels_of(scene.pool, APP)] == ["C4ANOTHER"]


async def test_a_closed_pixel_list_is_asked_for_once_and_said(scene: AccountScene) -> None:
    many = [advertiser(str(7_100_000_000_000_000_000 + n), f"A{n}", pixels=[]) for n in range(30)]
    scene.sandbox.load(*many)
    scene.sandbox.fault(
        "pixel/list", times=99, code=40001, message="advertiser does not grant you /pixel/list/:GET permission"
    )
    found = await imported(scene)
    assert scene.sandbox.paths().count("/pixel/list/") <= 4  # those that are asked side by side
    assert found.complete
    assert "/pixel/list/:GET" in found.notes[0]


async def test_what_takes_too_long_is_read_by_the_next_probe(scene: AccountScene) -> None:
    scene.sandbox.load(advertiser())
    scene.sandbox.fault("pixel/list", delay_s=5)
    access = await scene.granted()
    found = await import_advertisers(scene.side, access, scene.now)
    await import_pixels(scene.side, access, found, scene.now, 0.3)
    assert not found.complete


async def test_a_limit_per_second_is_waited_for(scene: AccountScene) -> None:
    scene.sandbox.load(advertiser())
    scene.sandbox.fault("oauth2/advertiser/get", code=40100, message="Too many requests. QPS limit")
    assert (await imported(scene)).advertiser_ids == [TEA]
