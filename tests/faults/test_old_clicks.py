"""A worker that dies at any moment of moving old clicks loses none and doubles none; what is erased stays away."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from clicks.keys import WALKERS
from tests.clicks.old_clicks import HOT_HOURS, OldClicksScene, opened_scene
from tests.faults.fuse import Fuse, FusedPool, FusedRedis, KilledError

pytestmark = pytest.mark.anyio
AGES = (1, HOT_HOURS + 3, HOT_HOURS + 60)


@pytest.fixture(params=["redis_url", "cluster_url"])
async def scene(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[OldClicksScene]:
    async with opened_scene(request.getfixturevalue(request.param), database_url) as opened:
        yield opened


async def some_clicks(scene: OldClicksScene, count: int = 3) -> None:
    for _ in range(count):
        for age in AGES:
            address = f"203.0.113.{random.randrange(5)}"
            click_id = await scene.click(age, address, random.choice(("", "198.51.100.9")))
            if random.random() < 0.3:
                await scene.tell(click_id)


async def killed_round(scene: OldClicksScene, left: int, *, answered: bool) -> bool:
    """One round of a worker that is killed at this question; False when it came to its end before."""
    fuse = Fuse(left, answered)
    try:
        await scene.move(FusedRedis(scene.redis, fuse), FusedPool(scene.pool, fuse))
    except KilledError:
        await scene.redis.delete(WALKERS)  # its word is too old
        return True
    return False


@pytest.mark.parametrize("answered", [False, True])
async def test_whatever_question_a_worker_dies_at_every_click_is_there_once(
    scene: OldClicksScene, answered: bool
) -> None:
    left = 0
    while await killed_round(scene, left := left + 1, answered=answered):
        await some_clicks(scene, 1)
        await scene.assert_both_places_are_one()
    assert left > 15
    await scene.move()
    await scene.assert_both_places_are_one()
    hot = [click for click in await scene.hot.get_many(list(scene.stored)) if click is not None]
    assert len(hot) == len(scene.stored) // 3


@pytest.mark.parametrize("seed", range(6))
async def test_clicks_erased_while_they_move_stay_away(scene: OldClicksScene, seed: int) -> None:
    random.seed(seed)
    await some_clicks(scene, 6)
    erased = random.sample(sorted(scene.stored), 9)

    async def erase_all() -> None:
        for click_id in erased:
            await asyncio.sleep(random.random() / 100)
            await scene.erase(click_id)

    await asyncio.gather(scene.move(), erase_all())
    await scene.move()
    await scene.assert_both_places_are_one()
    assert await scene.clicks.get_many(erased) == [None] * 9


@pytest.mark.parametrize("left", range(4, 12))
async def test_a_click_erased_after_a_worker_died_over_it_stays_away(scene: OldClicksScene, left: int) -> None:
    await some_clicks(scene)
    await killed_round(scene, left, answered=True)
    erased = random.sample(sorted(scene.stored), 4)
    for click_id in erased:
        assert await scene.erase(click_id)
    await scene.move()
    await scene.assert_both_places_are_one()


async def test_two_workers_at_once_move_each_click_once(scene: OldClicksScene) -> None:
    await some_clicks(scene, 6)

    async def another() -> None:
        for _ in range(5):
            await scene.redis.delete(WALKERS)  # as if the first had been silent for too long
            await scene.move()

    await asyncio.gather(scene.move(), another())
    await scene.assert_both_places_are_one()
    kept = await scene.pool.fetchval("SELECT (SELECT count(*) FROM cold_clicks) + sum(clicks) FROM cold_click_pages")
    pointers = sum(address == "198.51.100.9" for address, _ in scene.stored.values())
    assert kept <= len(scene.stored) // 3 * 2 + pointers
