"""Batches TikTok refuses for the sake of single rows: the rows die alone, their neighbours arrive."""

import json
import math

import pytest
from structlog.testing import capture_logs

from tests.forwarder.delivering.scene import Scene, deliver

pytestmark = pytest.mark.anyio


async def test_the_row_tiktok_names_dies_alone_and_its_mates_arrive_once(scene: Scene) -> None:
    ids = await scene.deliveries(50)
    await scene.sandbox.fault(code=40002, message="data.7.event_time: Not a valid integer")
    await deliver(scene)
    assert await scene.state(ids[7]) == ("dead", "40002: data.7.event_time: Not a valid integer")
    taken = await scene.sandbox.events()
    assert (taken["unique"], taken["duplicates"]) == (49, 0)
    assert len(await scene.sandbox.requests()) == 2


async def test_a_refusal_that_names_no_row_is_narrowed_down_to_it(scene: Scene) -> None:
    ids = await scene.deliveries(50)
    await poison(scene, ids[7])
    await deliver(scene)
    assert (await scene.state(ids[7]))[0] == "dead"
    assert (await scene.sandbox.events())["unique"] == 49


async def test_halving_takes_few_requests(scene: Scene) -> None:
    ids = await scene.deliveries(64)
    for length in (64, 32, 16, 8, 4, 2, 1):
        await scene.sandbox.fault(code=40002, message=f"one of {length} rows is not valid")
    await deliver(scene)
    assert (await scene.state(ids[0]))[0] == "dead"
    assert await scene.states() == {"dead": 1, "delivered": 63}
    assert len(await scene.sandbox.requests()) <= 1 + 2 * math.log2(64)


async def test_every_send_of_a_row_is_in_its_log(scene: Scene) -> None:
    ids = await scene.deliveries(8)
    await scene.sandbox.fault(code=40002, message="data.3.event: Not a valid string")
    await deliver(scene)
    assert [entry.outcome for entry in (await scene.show(ids[0])).log] == ["invalid", "delivered"]
    assert (await scene.show(ids[0])).item.attempts == 1


async def poison(scene: Scene, delivery_id: str) -> None:
    """A payload the sandbox refuses, as if it had been stored by an earlier version."""
    payload = json.dumps({"event": 7, "event_id": "poisoned", "event_time": 1})
    await scene.pool.execute("UPDATE deliveries SET payload = $1 WHERE delivery_id = $2", payload, int(delivery_id))


async def test_a_refused_batch_is_one_line_however_many_requests_narrow_it_down(scene: Scene) -> None:
    await scene.deliveries(8)
    await scene.sandbox.fault(code=40002, message="data: Must not be so.", times=100)
    with capture_logs() as lines:
        await deliver(scene)
    assert len(await scene.sandbox.requests()) > 8
    assert [line["event"] for line in lines].count("request not delivered") == 1
