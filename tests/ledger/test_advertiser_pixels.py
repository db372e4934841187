"""Pixels that TikTok lists for an app's advertisers."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from ledger.advertiser_pixels import SeenPixel, advertiser_pixels_of, forget_other_pixels, put_pixels
from ledger.advertisers import SeenAdvertiser, put_advertisers, select_advertiser
from tests.forwarder.delivering.scene import APP
from tests.ledger.rows import SECOND_APP, opened_rows

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
A, B = SeenPixel("C4A", "1", "A", "", ("SHOPPING", "FORM")), SeenPixel("C4B", "2", "B", "SHARED", ())


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Any]:
    async with opened_rows(database_url) as rows:
        await rows.second_app()
        for app_id in (APP, SECOND_APP):
            await put_advertisers(rows.pool, app_id, [SeenAdvertiser("1", "Tea"), SeenAdvertiser("2", "Coffee")], NOW)
        yield rows.pool


async def test_what_is_listed_is_kept_and_what_is_new_of_it_replaces_it(pool: Any) -> None:
    await put_pixels(pool, APP, "1", [B, A], NOW)
    later = NOW + timedelta(hours=1)
    await put_pixels(pool, APP, "1", [SeenPixel("C4A", "1", "A renamed", "UNBOUND", ("FORM",))], later)
    first, second = await advertiser_pixels_of(pool, APP)
    assert (first.pixel_code, first.name, first.relation) == ("C4A", "A renamed", "UNBOUND")
    assert (first.optimization_events, first.seen_at) == (("FORM",), later)
    assert (second.pixel_code, second.pixel_number, second.seen_at) == ("C4B", "2", NOW)


async def test_those_of_the_chosen_advertiser_come_first(pool: Any) -> None:
    await put_pixels(pool, APP, "1", [A], NOW)
    await put_pixels(pool, APP, "2", [B], NOW)
    for chosen in ("1", "2"):
        async with pool.acquire() as connection, connection.transaction():
            await select_advertiser(connection, APP, chosen, NOW)
        assert (await advertiser_pixels_of(pool, APP))[0].advertiser_id == chosen


async def test_only_this_apps_and_advertisers_are_forgotten(pool: Any) -> None:
    for app_id, advertiser_id in ((APP, "1"), (APP, "2"), (SECOND_APP, "1")):
        await put_pixels(pool, app_id, advertiser_id, [A, B], NOW)
    await forget_other_pixels(pool, APP, "1", ["C4B"])
    kept = [(one.advertiser_id, one.pixel_code) for one in await advertiser_pixels_of(pool, APP)]
    assert kept == [("2", "C4A"), ("2", "C4B"), ("1", "C4B")]
    assert len(await advertiser_pixels_of(pool, SECOND_APP)) == 2


async def test_a_pixel_is_an_advertisers(pool: Any) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await put_pixels(pool, APP, "3", [A], NOW)
