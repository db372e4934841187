"""What doctor says of clicks that stay in Redis for too long."""

import time
from collections.abc import AsyncIterator

import pytest

from admin.click_checks import check_old_clicks
from config.settings import AllSettings
from tests.clicks.old_clicks import HOT_HOURS, OldClicksScene, opened_scene
from tests.forwarder.delivering.scene import APP

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(redis_url: str, database_url: str) -> AllSettings:
    return AllSettings(redis_url=redis_url, database_url=database_url)


@pytest.fixture
async def scene(redis_url: str, database_url: str) -> AsyncIterator[OldClicksScene]:
    async with opened_scene(redis_url, database_url) as opened:
        opened.now_s = time.time()
        yield opened


async def test_clicks_of_the_last_days_are_as_they_should_be(scene: OldClicksScene, settings: AllSettings) -> None:
    await scene.click(HOT_HOURS + 20)
    (check,) = await check_old_clicks(settings)
    assert (check.ok, check.detail) == (True, "clicks leave Redis for the ledger after 72 hours")


async def test_clicks_that_no_worker_moved_are_told(scene: OldClicksScene, settings: AllSettings) -> None:
    await scene.click(HOT_HOURS + 30)
    (check,) = await check_old_clicks(settings)
    assert not check.ok
    assert check.detail.startswith("1 of")
    assert "worker" in check.fix


async def test_a_window_longer_than_clicks_are_hot_is_told(scene: OldClicksScene, settings: AllSettings) -> None:
    longer = "UPDATE apps SET settings = settings || '{\"match_window_hours\": 100}' WHERE app_id = $1"
    await scene.pool.execute(longer, APP)
    told, kept = await check_old_clicks(settings)
    assert (told.name, told.ok) == ("CLICK_HOT_HOURS", False)
    assert told.fix == f"set CLICK_HOT_HOURS to 100, or shorten match_window_hours of {APP}"
    assert kept.detail == "clicks leave Redis for the ledger after 100 hours"


async def test_an_engine_that_is_away_is_said_elsewhere(settings: AllSettings) -> None:
    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1"})
    assert await check_old_clicks(away) == []
