"""Figures by country, and reach above the ad: what becomes of them when days are restated or TikTok refuses them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal

import httpx
import msgspec
import pytest

from ad_accounts.import_context import ImportContext
from ledger.advertisers import selected_of
from tests.ad_accounts.import_scene import APP, ImportScene, spent
from tests.sandbox.accounts.examples import AD
from tiktok.business_api import BusinessApi

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 18)


@asynccontextmanager
async def refusing(
    scene: ImportScene, message: str, refuses: Callable[[httpx.QueryParams], bool], code: int = 40002
) -> AsyncIterator[ImportContext]:
    """A process to which TikTok refuses some of its reports, in these words."""
    sandbox, refusal = scene.client, msgspec.json.encode({"code": code, "message": message, "request_id": "R"})

    class Refusing(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if "/report/" in request.url.path and refuses(request.url.params):
                return httpx.Response(200, stream=httpx.ByteStream(refusal))
            return await sandbox._transport.handle_async_request(request)

    async with httpx.AsyncClient(transport=Refusing()) as client:
        yield scene.new_context(api=BusinessApi(client, "http://sandbox.test"))


def by_country(parameters: httpx.QueryParams) -> bool:
    return "country_code" in parameters["dimensions"]


def with_reach(parameters: httpx.QueryParams) -> bool:
    return "reach" in parameters["metrics"]


def of_the_account(parameters: httpx.QueryParams) -> bool:
    return "advertiser_id" in parameters["dimensions"]


def with_conversions(parameters: httpx.QueryParams) -> bool:
    return '"conversion"' in parameters["metrics"]


def with_conversions_of_ads(parameters: httpx.QueryParams) -> bool:
    return with_conversions(parameters) and "ad_id_v2" in parameters["dimensions"]


async def countries(scene: ImportScene) -> dict[str, Decimal]:
    rows = await scene.pool.fetch("SELECT country, sum(spend) AS spend FROM ad_country_days GROUP BY country")
    return {row["country"]: row["spend"] for row in rows}


async def reach_by_level(scene: ImportScene) -> dict[str, int]:
    rows = await scene.pool.fetch("SELECT level, max(reach) AS reach FROM reach_days GROUP BY level")
    return {row["level"]: row["reach"] for row in rows}


async def test_a_day_that_is_taken_back_is_gone_from_countries_and_reach(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-18 09", "5.00", country="DE", reach=50))
    await scene.turns()
    assert await countries(scene) == {"DE": Decimal(5)}
    await scene.correct(delete=[{"day": "2026-11-18"}])
    scene.clock.turn(hours=6)
    await scene.turns()
    assert await countries(scene) == {}
    assert await reach_by_level(scene) == {}


async def test_countries_that_tiktok_does_not_tell_do_not_hold_up_the_past(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-19 09", "2.00", country="DE"), spent("2026-11-02 09", "7.50", country="DE"))
    async with refusing(scene, "country_code is not supported for this account.", by_country) as context:
        await scene.turn(context)
        await scene.turn(context)
    progress = await scene.progress()
    assert (progress.backfilled_to, progress.failures) == (date(2026, 11, 1), 0)
    assert await scene.days() == {date(2026, 11, 19): Decimal(2), date(2026, 11, 2): Decimal("7.5")}
    one = await selected_of(scene.pool, APP)
    assert one is not None
    assert one.state == "ok"


async def test_reach_that_tiktok_tells_no_longer_stays_as_it_was(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-18 09", "5.00", reach=50))
    await scene.turns()
    known = await reach_by_level(scene)
    assert set(known) == {"advertiser", "campaign", "adgroup"}
    scene.clock.turn(hours=6)
    async with refusing(scene, "Invalid metric fields: ['reach']", with_reach) as context:
        await scene.turn(context)
    assert await reach_by_level(scene) == known
    assert await scene.pool.fetchval("SELECT reach FROM ad_days WHERE ad_id = $1", AD) == 50


async def test_the_reach_of_an_account_that_tiktok_does_not_tell_of_stays_as_it_was(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-18 09", "5.00", reach=50))
    await scene.turns()
    scene.clock.turn(hours=1)
    async with refusing(scene, "Not for this account.", of_the_account) as context:
        await scene.turn(context)
    assert (await reach_by_level(scene))["advertiser"] == 50


async def test_conversions_that_tiktok_tells_no_longer_stay_as_they_were(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-18 09", "5.00", metrics={"conversion": 2}))
    await scene.turns()
    await scene.correct(set=[spent("2026-11-18 09", "6.00", metrics={"conversion": 3})])
    scene.clock.turn(hours=6)
    async with refusing(scene, "Invalid metric fields: ['conversion']", with_conversions) as context:
        await scene.turn(context)
    row = await scene.pool.fetchrow("SELECT spend, conversions FROM ad_days WHERE ad_id = $1", AD)
    assert tuple(row) == (Decimal(6), Decimal(2))


async def test_conversions_that_tiktok_tells_of_the_account_alone_are_not_counted_twice(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-18 09", "5.00", metrics={"conversion": 2}))
    await scene.turns()
    scene.clock.turn(hours=6)
    async with refusing(scene, "Invalid metric fields: ['conversion']", with_conversions_of_ads) as context:
        await scene.turn(context)
    assert await scene.pool.fetchval("SELECT sum(conversions) FROM ad_days") == 2


async def test_after_an_outage_no_day_is_left_without_countries_though_they_failed_at_first(scene: ImportScene) -> None:
    await scene.load()
    await scene.turns()
    await scene.correct(add=[spent("2026-11-25 09", "3.00", country="DE")])
    scene.clock.turn(days=20)
    async with refusing(scene, "Internal error", by_country, 50000) as context:
        await scene.turn(context)
    assert (await scene.progress()).failures == 1
    assert await countries(scene) == {}
    scene.clock.turn(hours=1)
    await scene.turns()
    assert await countries(scene) == {"DE": Decimal(3)}
