"""Poison (fault 18), a clock that jumps (20), a PostgreSQL whose disk is full (21)."""

from datetime import timedelta

import anyio
import httpx
import pytest

from forwarder.delivering.delivery import deliver_batch
from tests.faults.delivery_oracle import drain, reconcile
from tests.forwarder.delivering.scene import PIXEL_REF, Scene

pytestmark = pytest.mark.anyio

FIVE = [f"e{number}" for number in range(5)]


# -- 18


async def test_poison_ends_alone_and_its_neighbours_arrive_at_once(scene: Scene) -> None:
    await scene.delivery("unreadable", body={"user": "not an object"})
    await scene.delivery("odd", body={"properties": {"contents": [[[{}]], None], "value": {"a": 1}}, "ip": "x" * 9000})
    await scene.delivery("huge", body={"properties": {"description": "x" * 10_000_000}})
    await scene.deliveries(5)
    began = scene.clock.now
    await deliver_batch(scene.delivery_context, PIXEL_REF)
    assert scene.clock.now == began
    states = await reconcile(scene, [*FIVE, "unreadable", "odd", "huge"])
    assert states == {"delivered": {*FIVE, "odd", "huge"}, "dead": {"unreadable"}}


# -- 20


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=2)], ids=str)
async def test_a_clock_that_jumps_expires_nothing_early_and_starts_no_storm(
    scene: Scene,
    jump: timedelta,
) -> None:
    await scene.sandbox.fault(status=503)
    await scene.deliveries(3)
    await deliver_batch(scene.delivery_context, PIXEL_REF)
    for number in (3, 4):
        await scene.delivery(f"e{number}")
    before = scene.clock.now
    scene.clock.now += jump
    for _ in range(10):
        await deliver_batch(scene.delivery_context, PIXEL_REF)
        scene.clock.turn(seconds=1)
    assert len(await scene.sandbox.requests()) <= 3
    scene.clock.now = max(scene.clock.now, before)  # set right again
    await drain(scene)
    states = await reconcile(scene, FIVE)
    # a retry two days after a send that may have arrived could count twice, by whichever clock
    gone = {"e0", "e1", "e2"} if jump == timedelta(days=2) else set()
    assert states.get("delivered") == set(FIVE) - gone
    assert states.get("dead", set()) == gone


async def test_a_clock_that_jumps_back_gives_no_lease_away(scene: Scene) -> None:
    await scene.deliveries(2)
    claimed_again = []

    async def slow(_: httpx.Request) -> httpx.Response:
        scene.clock.turn(hours=-1)
        claimed_again.append((await deliver_batch(scene.delivery_context, PIXEL_REF)).claimed)
        return httpx.Response(200, stream=httpx.ByteStream(b'{"code": 0}'))

    await deliver_batch(scene.context_answered_by(slow), PIXEL_REF)
    assert claimed_again == [0]
    assert await scene.states() == {"delivered": 2}


# -- 21

FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON attempts EXECUTE FUNCTION full_disk();
"""


async def test_an_answer_is_not_lost_on_a_full_disk(scene: Scene) -> None:
    """PostgreSQL says so to the statement that settles; it is repeated until there is room again."""
    await scene.deliveries(5)
    await scene.pool.execute(FULL)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(deliver_batch, scene.delivery_context, PIXEL_REF)
        with anyio.fail_after(20):
            while not await scene.sandbox.requests():  # noqa: ASYNC110 - another process
                await anyio.sleep(0.01)
        assert await scene.states() == {"sending": 5}
        await scene.pool.execute("DROP TRIGGER full_disk ON attempts")
    assert await reconcile(scene, FIVE) == {"delivered": set(FIVE)}
    assert (await scene.sandbox.events())["duplicates"] == 0
