"""Deliveries whose worker, or whose ledger, goes away between the send and what is written of it."""

from typing import Any

import anyio
import asyncpg
import httpx
import pytest

from forwarder.delivering import delivery
from forwarder.delivering.delivery import LEASE_FOR, Batch, deliver_batch
from ledger.delivery_claims import store_prepared
from tests.forwarder.delivering.scene import PIXEL_REF, Scene, deliver
from tests.ledger.waiting import until_somebody_waits

pytestmark = pytest.mark.anyio


async def test_a_worker_that_dies_between_send_and_settle_costs_one_more_send_of_the_same_bytes(scene: Scene) -> None:
    due = await scene.delivery("e1")
    sent = []

    async def die(request: httpx.Request) -> httpx.Response:
        sent.append(request.content.decode())
        life.cancel()
        await anyio.sleep_forever()
        raise AssertionError

    with anyio.CancelScope() as life:
        await deliver_batch(scene.context_answered_by(die), PIXEL_REF)
    assert (await scene.state(due))[0] == "sending"
    assert await deliver(scene) == Batch(0, 0)
    scene.clock.turn(seconds=LEASE_FOR.total_seconds())
    assert await deliver(scene) == Batch(1, 1)
    assert [request["body"] for request in await scene.sandbox.requests()] == sent
    assert (await scene.state(due))[0] == "delivered"


async def test_two_workers_never_send_the_same_row(scene: Scene) -> None:
    await scene.deliveries(60)
    async with anyio.create_task_group() as workers:
        for _ in range(6):
            workers.start_soon(deliver_batch, scene.delivery_context, PIXEL_REF, 10)
    taken = await scene.sandbox.events()
    assert (taken["unique"], taken["duplicates"]) == (60, 0)


async def test_a_row_taken_over_by_another_worker_is_left_to_it(scene: Scene) -> None:
    due = await scene.delivery("e1")

    async def stall(_: httpx.Request) -> httpx.Response:
        await scene.pool.execute("UPDATE deliveries SET lease = 'another'")
        return httpx.Response(200, stream=httpx.ByteStream(b'{"code": 0, "message": "OK"}'))

    await deliver_batch(scene.context_answered_by(stall), PIXEL_REF)
    assert (await scene.state(due))[0] == "sending"
    assert (await scene.show(due)).log == ()


async def test_a_delivery_that_takes_its_worker_down_ends_alone_and_its_neighbours_arrive(scene: Scene) -> None:
    poison, *others = await scene.deliveries(3)

    async def die_of_poison(request: httpx.Request) -> httpx.Response:
        if b"sent-e0" in request.content:
            life.cancel()
            await anyio.sleep_forever()
        return httpx.Response(200, stream=httpx.ByteStream(b'{"code": 0, "message": "OK"}'))

    for _ in range(12):
        with anyio.CancelScope() as life:
            await deliver_batch(scene.context_answered_by(die_of_poison), PIXEL_REF)
        scene.clock.turn(seconds=LEASE_FOR.total_seconds())
    assert await scene.state(poison) == ("dead", "5 workers in a row did not come back from sending it")
    assert [await scene.state(other) for other in others] == [("delivered", "")] * 2


async def test_an_answer_is_not_lost_when_postgresql_restarts_before_it_is_written_down(scene: Scene) -> None:
    due = await scene.delivery("e1")

    async def restart(_: httpx.Request) -> httpx.Response:
        await scene.end_sessions()
        return httpx.Response(200, stream=httpx.ByteStream(b'{"code": 0, "message": "OK"}'))

    await deliver_batch(scene.context_answered_by(restart), PIXEL_REF)
    assert (await scene.state(due))[0] == "delivered"


async def test_an_answer_is_not_lost_when_an_erasure_is_in_its_way(scene: Scene, database_url: str) -> None:
    """The erasure's session would look for the deadlock later, so that it is the worker's statement that is ended."""
    await scene.deliveries(2)
    erasing = await asyncpg.connect(database_url, server_settings={"deadlock_timeout": "20s"})
    transaction = erasing.transaction()
    await transaction.start()

    async def answer(_: httpx.Request) -> httpx.Response:
        await erasing.execute("DELETE FROM events WHERE event_id = 'e1'")
        return httpx.Response(200, stream=httpx.ByteStream(b'{"code": 0, "message": "OK"}'))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(deliver_batch, scene.context_answered_by(answer), PIXEL_REF)
        await until_somebody_waits(scene.pool)
        await erasing.execute("UPDATE deliveries SET reason = reason WHERE source_event_id = 'e0'")
        await transaction.commit()
    await erasing.close()
    assert await scene.states() == {"delivered": 1}


async def test_what_a_slow_ledger_prepared_too_late_is_not_sent_while_another_worker_may_take_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = await scene.delivery("e1")

    async def stored_late(*arguments: Any) -> set[int]:
        kept = await store_prepared(*arguments)
        scene.clock.turn(seconds=LEASE_FOR.total_seconds())
        return kept

    monkeypatch.setattr(delivery, "store_prepared", stored_late)
    await deliver(scene)
    assert await scene.sandbox.requests() == []
    row = await scene.pool.fetchrow("SELECT state, attempts, maybe_arrived_at, takeovers FROM deliveries")
    assert tuple(row) == ("due", 0, None, 0)
    monkeypatch.undo()
    await deliver(scene)
    assert (await scene.state(due))[0] == "delivered"
