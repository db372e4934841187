"""TikTok throttles, fails, falls silent, takes a part, refuses the token or is not there (faults 12 to 17, 28)."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import pytest

from forwarder.delivering.delivery import deliver_batch
from forwarder.jobs.alerts import alerts_by_kind, watch_deliveries
from tests.faults.certificates import certificate
from tests.faults.delivery_oracle import drain, reconcile
from tests.forwarder.delivering.scene import PIXEL_REF, Scene, rows_of_request

pytestmark = pytest.mark.anyio

Talk = Callable[[anyio.abc.ByteStream], Awaitable[None]]
FIVE = [f"e{number}" for number in range(5)]
ALL_DELIVERED = {"delivered": set(FIVE)}


# -- 12


@pytest.mark.parametrize(
    ("fault", "pause"),
    [
        ({"code": 40100}, timedelta(seconds=1)),
        ({"code": 40100, "message": "App reaches the QPS limit 20"}, timedelta(seconds=1)),
        ({"status": 429, "retry_after": 2}, timedelta(seconds=2)),
        ({"status": 429, "retry_after": 10**9}, timedelta(minutes=5)),
        ({"code": 40100, "message": "App reaches the QPM limit 600"}, timedelta(minutes=5)),
        ({"code": 40100, "message": "App reaches the QPD limit 9"}, None),
    ],
    ids=["40100", "QPS", "2 s", "for ever", "QPM", "QPD"],
)
async def test_a_throttle_pauses_the_whole_pixel_once_per_interval_and_everything_arrives_after(
    scene: Scene,
    fault: dict[str, Any],
    pause: timedelta | None,
) -> None:
    await scene.deliveries(5)
    await scene.sandbox.fault(**fault)
    await deliver_batch(scene.delivery_context, PIXEL_REF)
    paused = (await scene.pixel())["paused_until"]
    midnight = (scene.clock.now + timedelta(days=1)).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert paused == (midnight if pause is None else scene.clock.now + pause)
    for _ in range(20):
        assert (await deliver_batch(scene.delivery_context, PIXEL_REF)).claimed == 0
    assert len(await scene.sandbox.requests()) == 1
    assert await scene.pool.fetchval("SELECT max(attempts) FROM deliveries") == 0
    scene.clock.now = paused
    await deliver_batch(scene.delivery_context, PIXEL_REF)
    assert await reconcile(scene, FIVE) == ALL_DELIVERED


# -- 13


@pytest.mark.parametrize("fault", [{"status": 503}, {"code": 50000}, {"body": "<html>"}], ids=["503", "50000", "HTML"])
async def test_ten_minutes_of_failure_kill_nothing_and_drain_oldest_first(
    scene: Scene,
    fault: dict[str, Any],
) -> None:
    began = scene.clock.now
    for number in range(5):
        await scene.delivery(f"e{number}", due_at=began - timedelta(seconds=5 - number))
    await scene.sandbox.fault(**fault, times=1000)
    while scene.clock.now < began + timedelta(minutes=10):
        await deliver_batch(scene.delivery_context, PIXEL_REF)
        scene.clock.turn(seconds=5)
    failed = len(await scene.sandbox.requests())
    assert failed <= 6
    await scene.sandbox.clear_faults()
    await drain(scene)
    assert await reconcile(scene, FIVE) == ALL_DELIVERED
    newest = (await scene.sandbox.requests())[0]
    assert list(rows_of_request(newest)) == [f"sent-e{number}" for number in range(5)]


# -- 14


async def accept_and_say_nothing(stream: anyio.abc.ByteStream) -> None:
    await stream.receive()
    await anyio.sleep_forever()


async def stall_after_the_headers(stream: anyio.abc.ByteStream) -> None:
    await stream.receive()
    await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n")
    await anyio.sleep_forever()


async def drip(stream: anyio.abc.ByteStream) -> None:
    await stream.receive()
    await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n")
    while True:
        await stream.send(b" ")
        await anyio.sleep(0.02)


async def hang_up_in_the_body(stream: anyio.abc.ByteStream) -> None:
    await stream.receive()
    await stream.send(b'HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{"code":')
    await stream.aclose()


async def hang_up_at_once(stream: anyio.abc.ByteStream) -> None:
    await stream.receive()
    await stream.aclose()


@asynccontextmanager
async def serving(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server that is no TikTok; its URL."""
    listener: Any = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - anyio's extra, not Django's

    async def take(stream: anyio.abc.ByteStream) -> None:
        try:
            if tls is not None:
                from anyio.streams.tls import TLSStream

                stream = await TLSStream.wrap(stream, server_side=True, ssl_context=tls)
            await talk(stream)
        except (anyio.BrokenResourceError, anyio.EndOfStream, ssl.SSLError):
            pass

    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, take)
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize(
    "talk", [accept_and_say_nothing, stall_after_the_headers, drip, hang_up_in_the_body, hang_up_at_once]
)
async def test_an_answer_that_does_not_come_whole_in_time_is_unknown_and_the_same_is_sent_again(
    scene: Scene,
    talk: Talk,
) -> None:
    ids = await scene.deliveries(5)
    async with serving(talk) as url:
        with anyio.fail_after(10):
            await deliver_batch(scene.context_sending_to(url, deadline_s=0.3), PIXEL_REF)
    shown = await scene.show(ids[0])
    assert [entry.outcome for entry in shown.log] == ["unknown"]
    await drain(scene)
    assert await reconcile(scene, FIVE) == ALL_DELIVERED
    assert {entry.payload for entry in (await scene.show(ids[0])).log} == {shown.payload}


# -- 16


async def test_of_a_batch_of_fifty_the_wrong_row_is_dead_and_the_others_are_delivered_once(
    scene: Scene,
) -> None:
    await scene.deliveries(50)
    await scene.sandbox.fault(code=20001, rows=[7])
    await drain(scene)
    states = await reconcile(scene, [f"e{number}" for number in range(50)])
    assert states["dead"] == {"e7"}
    assert (await scene.sandbox.events())["duplicates"] == 0


# -- 17


async def test_a_token_revoked_for_five_minutes_is_told_holds_the_pixel_and_costs_nothing(
    scene: Scene,
) -> None:
    await scene.deliveries(3)
    await deliver_batch(scene.delivery_context, PIXEL_REF)
    await scene.sandbox.revoke()
    for number in (3, 4):
        await scene.delivery(f"e{number}")
    await deliver_batch(scene.delivery_context, PIXEL_REF)
    await watch_deliveries(scene.pool, scene.clock.now)
    assert await alerts_by_kind(scene.pool) == {"pixel_held": 1}
    scene.clock.turn(minutes=5)
    assert await scene.pool.fetchval("SELECT max(attempts) FROM deliveries WHERE state = 'due'") == 0
    await scene.sandbox.restore()
    await drain(scene)
    await watch_deliveries(scene.pool, scene.clock.now)
    assert await alerts_by_kind(scene.pool) == {}
    assert await reconcile(scene, FIVE) == ALL_DELIVERED


# -- 28


async def test_a_name_that_does_not_resolve_is_no_send(scene: Scene) -> None:
    ids = await scene.deliveries(5)
    await deliver_batch(scene.context_sending_to("http://tiktok.invalid"), PIXEL_REF)
    assert [entry.outcome for entry in (await scene.show(ids[0])).log] == ["transient"]
    assert await scene.pool.fetchval("SELECT count(maybe_arrived_at) FROM deliveries") == 0
    await drain(scene)
    assert await reconcile(scene, FIVE) == ALL_DELIVERED


@pytest.mark.parametrize(
    ("name", "ended"), [("127.0.0.1", False), ("other.example", False), ("127.0.0.1", True)],
    ids=["nobody vouches for it", "of another host", "expired"],
)  # fmt: skip
async def test_nothing_is_ever_sent_over_a_certificate_that_is_not_trusted(
    scene: Scene,
    tmp_path: Path,
    name: str,
    ended: bool,
) -> None:
    await scene.deliveries(5)
    received: list[bytes] = []

    async def listen(stream: anyio.abc.ByteStream) -> None:
        received.append(await stream.receive())

    async with serving(listen, certificate(tmp_path, name, ended)) as url:
        await deliver_batch(scene.context_sending_to(url), PIXEL_REF)
    assert received == []
    assert await scene.pool.fetchval("SELECT count(maybe_arrived_at) FROM deliveries") == 0
    assert await scene.pool.fetchval("SELECT DISTINCT last_outcome FROM deliveries") == "transient"
    await drain(scene)
    assert await reconcile(scene, FIVE) == ALL_DELIVERED
