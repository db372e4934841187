"""Old clicks move to the ledger, and everybody sees both places as one."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from clicks.all_clicks import AllClicks
from clicks.keys import WALKERS
from clicks.record_layout import POINTER
from clicks.walkers import WORD_S
from config.settings import WorkerSettings
from forwarder.jobs.old_clicks import hot_hours
from ledger.cold_clicks import ColdClicks
from tests.clicks.old_clicks import HOT_HOURS, HOUR_S, NOW, OldClicksScene, opened_scene
from tests.forwarder.delivering.scene import APP

pytestmark = pytest.mark.anyio
OLD, YOUNG = HOT_HOURS + 3, HOT_HOURS - 1
RIPE = HOT_HOURS + 60


@pytest.fixture(params=["redis_url", "cluster_url"])
async def scene(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[OldClicksScene]:
    async with opened_scene(request.getfixturevalue(request.param), database_url) as opened:
        yield opened


async def rows(scene: OldClicksScene, table: str) -> int:
    count: int = await scene.pool.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
    return count


async def test_an_old_click_leaves_redis_and_a_young_one_stays(scene: OldClicksScene) -> None:
    await scene.click(OLD)
    await scene.click(YOUNG)
    assert await scene.move() == 1
    assert (await scene.hot_members(), await rows(scene, "cold_clicks")) == (1, 1)
    await scene.assert_both_places_are_one()


@pytest.mark.parametrize("age", [OLD, RIPE], ids=["in a row", "in a page"])
async def test_a_click_that_moved_is_found_when_clicks_stay_in_redis_for_longer_from_now_on(
    scene: OldClicksScene, age: int
) -> None:
    """CLICK_HOT_HOURS was raised."""
    await scene.click(age)
    await scene.move()
    scene.clicks = AllClicks(scene.hot, ColdClicks(scene.pool), 2 * RIPE, lambda: scene.now_s)
    await scene.assert_both_places_are_one()


async def test_a_click_of_a_day_that_is_over_lies_in_a_page(scene: OldClicksScene) -> None:
    for _ in range(3):
        await scene.click(RIPE)
    assert await scene.move() == 3
    assert (await rows(scene, "cold_clicks"), await rows(scene, "cold_click_pages")) == (0, 1)
    await scene.assert_both_places_are_one()


async def test_a_click_is_found_by_its_second_address_wherever_it_lies(scene: OldClicksScene) -> None:
    for age in (YOUNG, OLD, RIPE):
        await scene.click(age, "203.0.113.7", "198.51.100.9")
    await scene.move()
    assert await scene.hot_members() == 2
    assert len(await scene.clicks.find("198.51.100.9", 0, 2**41)) == 3
    assert len(await scene.clicks.find("203.0.113.7", 0, 2**41)) == 3


async def test_a_click_stored_under_an_earlier_address_key_moves_with_its_pointer(scene: OldClicksScene) -> None:
    await scene.click(OLD, "203.0.113.7", "198.51.100.9", key=1)
    await scene.move()
    assert await scene.hot_members() == 0
    await scene.assert_both_places_are_one()


async def test_what_a_bridge_page_told_moves_with_its_click(scene: OldClicksScene) -> None:
    for age in (OLD, RIPE):
        await scene.tell(await scene.click(age))
    await scene.move()
    await scene.assert_both_places_are_one()


async def test_what_is_told_after_the_move_is_added_to_the_click(scene: OldClicksScene) -> None:
    click_id = await scene.click(OLD)
    await scene.move()
    await scene.tell(click_id)
    await scene.move()
    assert await scene.hot_members() == 0
    await scene.assert_both_places_are_one()


async def test_an_erased_click_is_gone_from_rows_and_pages_with_its_pointer(scene: OldClicksScene) -> None:
    erased = [await scene.click(age, "203.0.113.7", "198.51.100.9") for age in (OLD, RIPE, RIPE)]
    await scene.click(RIPE)
    await scene.move()
    for click_id in erased:
        assert await scene.erase(click_id)
        assert not await scene.erase(click_id)
    assert (await rows(scene, "cold_clicks"), await rows(scene, "cold_click_pages")) == (0, 1)
    assert await scene.clicks.find("198.51.100.9", 0, 2**41) == []
    await scene.assert_both_places_are_one()


async def test_the_last_click_of_a_page_takes_the_page_with_it(scene: OldClicksScene) -> None:
    click_id = await scene.click(RIPE)
    await scene.move()
    await scene.erase(click_id)
    assert await rows(scene, "cold_click_pages") == 0


async def test_a_click_that_comes_late_for_its_page_is_found(scene: OldClicksScene) -> None:
    """From the spool of a redirector that was cut off for days."""
    for _ in range(5):
        await scene.click(RIPE, f"203.0.113.{random.randrange(256)}")
    await scene.move()
    for _ in range(20):
        await scene.click(RIPE, f"203.0.113.{random.randrange(256)}")
    await scene.move()
    await scene.move()
    assert await scene.hot_members() == 0
    await scene.assert_both_places_are_one()


async def test_a_replayed_batch_of_moved_clicks_doubles_nothing(scene: OldClicksScene) -> None:
    click_id = await scene.click(OLD)
    member = (await scene.redis.zrange(b"c:" + scene.hot.hashes("203.0.113.7")[0].to_bytes(6), 0, 0))[0]
    await scene.move()
    at_ms = int((scene.now_s - OLD * HOUR_S) * 1000)
    await scene.redis.zadd(b"c:" + scene.hot.hashes("203.0.113.7")[0].to_bytes(6), {member: at_ms})
    assert [click.click_id for click in await scene.clicks.find("203.0.113.7", 0, 2**41)] == [click_id]
    await scene.move()
    assert (await scene.hot_members(), await rows(scene, "cold_clicks")) == (0, 1)


async def test_a_pointer_whose_click_is_gone_leaves(scene: OldClicksScene) -> None:
    await scene.click(OLD, "203.0.113.7", "198.51.100.9")
    await scene.redis.delete(b"c:" + scene.hot.hashes("203.0.113.7")[0].to_bytes(6))
    await scene.move()
    assert (await scene.hot_members(), await rows(scene, "cold_clicks")) == (0, 0)


async def test_a_pointer_stays_until_its_click_moves(scene: OldClicksScene, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.click(OLD, "203.0.113.7", "198.51.100.9")
    monkeypatch.setattr("clicks.ageing.OldClicks.keys", lambda _: _only(scene, "198.51.100.9"))
    await scene.move()
    assert await scene.hot_members() == 2


async def _only(scene: OldClicksScene, address: str) -> AsyncIterator[list[bytes]]:
    yield [b"c:" + scene.hot.hashes(address)[0].to_bytes(6)]


async def test_a_click_without_its_ad_moves_and_gets_it_back_with_the_text(scene: OldClicksScene) -> None:
    click_id = await scene.click(OLD)
    texts = [key async for key in scene.redis.scan_iter(match=b"*texts:*")]
    kept = {key: await scene.redis.hgetall(key) for key in texts}
    for key in texts:
        await scene.redis.delete(key)
    scene.__post_init__()  # nothing remembered
    await scene.move()
    lost = await scene.clicks.get(click_id)
    assert lost is not None
    assert (lost.app_id, lost.ttclid) == ("", scene.stored[click_id][1])
    for key, fields in kept.items():
        await scene.redis.hset(key, mapping=fields)
    scene.__post_init__()
    await scene.assert_both_places_are_one()


async def test_days_behind_the_retention_are_dropped(scene: OldClicksScene) -> None:
    for age in (RIPE, OLD):
        await scene.click(age)
    await scene.move()
    scene.now_s += 28 * 24 * HOUR_S
    await scene.move()
    assert (await rows(scene, "cold_clicks"), await rows(scene, "cold_click_pages")) == (0, 0)
    assert (
        await scene.pool.fetchval("SELECT count(*) FROM pg_inherits WHERE inhparent = 'cold_click_pages'::regclass")
        == 0
    )


async def test_workers_that_walk_at_once_share_the_addresses(scene: OldClicksScene) -> None:
    for number in range(40):
        await scene.click(OLD, f"203.0.113.{number}")
    await scene.redis.zadd(WALKERS, {b"another": time.time()})
    first = await scene.move()
    assert 0 < first < 40
    await scene.redis.delete(WALKERS)
    assert await scene.move() == 40 - first
    await scene.assert_both_places_are_one()


async def test_the_share_of_a_worker_that_died_goes_to_the_others(scene: OldClicksScene) -> None:
    for number in range(40):
        await scene.click(OLD, f"203.0.113.{number}")
    await scene.redis.zadd(WALKERS, {b"another": time.time() - WORD_S - 1})
    assert await scene.move() == 40
    assert await scene.redis.exists(WALKERS) == 0


async def test_clicks_that_two_move_at_once_are_kept_once(scene: OldClicksScene) -> None:
    for number in range(40):
        await scene.click(RIPE, f"203.0.113.{number}")
    await asyncio.gather(*(scene.move() for _ in range(4)))
    await scene.move()
    assert await scene.hot_members() == 0
    await scene.assert_both_places_are_one()


async def test_more_clicks_behind_one_address_than_are_read_at_once_move_in_one_walk(
    scene: OldClicksScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clicks.ageing.MEMBERS", 3)
    for number in range(7):
        await scene.click(RIPE + number / 100)
    assert await scene.move() == 7
    assert await scene.hot_members() == 0
    await scene.assert_both_places_are_one()


async def test_a_click_and_what_its_bridge_page_told_are_not_cut_apart(
    scene: OldClicksScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clicks.ageing.MEMBERS", 3)
    for number in range(5):
        await scene.tell(await scene.click(RIPE + number / 100))
    await scene.move()
    assert (await scene.hot_members(), await rows(scene, "cold_clicks")) == (0, 0)
    await scene.assert_both_places_are_one()


async def test_more_pointers_than_are_read_at_once_end_a_walk_and_go_with_their_clicks(
    scene: OldClicksScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clicks.ageing.MEMBERS", 3)
    for number in range(7):
        await scene.click(RIPE + number / 100, f"203.0.113.{number}", "198.51.100.9")
    await scene.move()
    await scene.move()
    assert await scene.hot_members() == 0
    await scene.assert_both_places_are_one()


async def test_a_worker_that_is_told_to_stop_ends_its_walk(scene: OldClicksScene) -> None:
    await scene.click(RIPE)
    scene.is_stopping = True
    assert await scene.move() == 0
    assert await scene.redis.exists(WALKERS) == 0
    scene.is_stopping = False
    assert await scene.move() == 1


@pytest.mark.parametrize(
    ("setting", "window", "kept_days", "hours"),
    [(72, 24, 28, 72), (72, 100, 28, 100), (24, 24, 28, 24), (72, 720, 2, 48)],
)
async def test_clicks_stay_hot_for_the_longest_window_and_never_over_the_retention(
    scene: OldClicksScene, setting: int, window: int, kept_days: int, hours: int
) -> None:
    await scene.pool.execute(
        "UPDATE apps SET settings = settings || jsonb_build_object('match_window_hours', $2::int) WHERE app_id = $1",
        APP,
        window,
    )
    settings = (
        WorkerSettings(click_retention_days=kept_days) if setting == 72 else WorkerSettings(click_hot_hours=setting)
    )
    assert await hot_hours(scene.pool, settings) == hours


def test_the_scene_is_of_a_day_that_pages_are_made_for() -> None:
    assert (NOW - timedelta(hours=RIPE)).date() < (NOW - timedelta(hours=HOT_HOURS + 2, days=1)).date()
    assert POINTER == 0
