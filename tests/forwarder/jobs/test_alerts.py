"""Alerts on their way to the log, the metrics and the operator's address."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import anyio
import httpx
import pytest
import structlog

from forwarder.jobs.alert_webhook import AlertWebhook, NotPosted, alert_client, is_public
from forwarder.jobs.alerts import alerts_by_kind, announce_test_mode, post_alerts, watch_deliveries, watch_grants
from ledger.alerts import Alert, StandingAlert, sync_alerts
from ledger.grants import NewGrant, get_grant, mark_broken, mark_ok, store_grant
from tests.forwarder.delivering.scene import APP, PIXEL, Scene

pytestmark = pytest.mark.anyio

ALERT = StandingAlert("pixel_held:px", "pixel_held", "app", "px", "held", datetime(2026, 11, 20, tzinfo=UTC))


class Receiver:
    """An HTTP server that keeps what is posted and answers as it is told."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        self.port = 0

    async def handle(self, stream: anyio.abc.SocketStream) -> None:
        async with stream:
            request = await stream.receive()
            while b"\r\n\r\n" not in request or not request.endswith(b"}"):
                request += await stream.receive()
            self.requests.append(request)
            await stream.send(self.answer)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    receiver.port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - anyio's extra, not Django's
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, receiver.handle)
        yield receiver
        tasks.cancel_scope.cancel()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with alert_client() as opened:
        yield opened


def webhook(client: httpx.AsyncClient, port: int, host: str = "localhost", private: bool = True) -> AlertWebhook:
    return AlertWebhook(client, httpx.URL(f"http://{host}:{port}/hook?key=1"), "https://console.example", private)


async def test_a_held_pixel_is_logged_counted_and_posted_and_its_mending_clears_it(
    scene: Scene, receiver: Receiver, client: httpx.AsyncClient
) -> None:
    await scene.set_pixel(state="held", held_reason="40105: revoked")
    with structlog.testing.capture_logs() as logged:
        await watch_deliveries(scene.pool, scene.clock.now)
        await watch_deliveries(scene.pool, scene.clock.now)
    assert [(line["kind"], line["pixel_id"]) for line in logged if line["event"] == "alert"] == [("pixel_held", PIXEL)]
    assert await alerts_by_kind(scene.pool) == {"pixel_held": 1}
    await post_alerts(scene.pool, webhook(client, receiver.port), scene.clock)
    await post_alerts(scene.pool, webhook(client, receiver.port), scene.clock)
    (request,) = receiver.requests
    told = json.loads(request.partition(b"\r\n\r\n")[2])
    assert told.items() >= {"kind": "pixel_held", "app_id": APP, "pixel_id": PIXEL}.items()
    assert "40105: revoked" in told["message"]
    assert told["console_url"] == "https://console.example"
    assert request.startswith(b"POST /hook?key=1 HTTP/1.1\r\n")
    await scene.set_pixel(state="ok")
    await watch_deliveries(scene.pool, scene.clock.now)
    assert await alerts_by_kind(scene.pool) == {}


async def test_an_alert_that_is_refused_is_posted_again_a_minute_later(
    scene: Scene, receiver: Receiver, client: httpx.AsyncClient
) -> None:
    await scene.set_pixel(state="held")
    await watch_deliveries(scene.pool, scene.clock.now)
    good, receiver.answer = receiver.answer, b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
    await post_alerts(scene.pool, webhook(client, receiver.port), scene.clock)
    receiver.answer = good
    await post_alerts(scene.pool, webhook(client, receiver.port), scene.clock)
    assert len(receiver.requests) == 1
    scene.clock.turn(minutes=1)
    await post_alerts(scene.pool, webhook(client, receiver.port), scene.clock)
    assert len(receiver.requests) == 2


async def test_each_of_many_alerts_is_posted_once_by_two_workers_to_who_answers_slowly(
    scene: Scene, receiver: Receiver, client: httpx.AsyncClient
) -> None:
    alerts = [Alert("pixel_held", f"px_{number}", "held", APP) for number in range(4)]
    await sync_alerts(scene.pool, ["pixel_held"], alerts, scene.clock.now)

    class Slow(AlertWebhook):
        async def post(self, alert: StandingAlert) -> None:
            await super().post(alert)
            scene.clock.turn(seconds=50)
            if alert.alert_key == "pixel_held:px_1":  # by now a minute has passed since the first was taken
                await post_alerts(scene.pool, webhook(client, receiver.port), scene.clock)

    slow = Slow(client, httpx.URL(f"http://localhost:{receiver.port}/hook"), "https://console.example", True)
    await post_alerts(scene.pool, slow, scene.clock)
    assert len(receiver.requests) == 4


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]"])
async def test_an_address_inside_is_refused_before_anything_is_sent(
    receiver: Receiver, client: httpx.AsyncClient, host: str
) -> None:
    with pytest.raises(NotPosted, match="private network"):
        await webhook(client, receiver.port, host, private=False).post(ALERT)
    assert receiver.requests == []


async def test_a_redirect_is_not_followed(receiver: Receiver, client: httpx.AsyncClient) -> None:
    receiver.answer = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with pytest.raises(NotPosted, match="302"):
        await webhook(client, receiver.port).post(ALERT)


async def test_an_address_nobody_answers_at_is_said_so(client: httpx.AsyncClient, free_port: int) -> None:
    with pytest.raises(NotPosted, match="ConnectError"):
        await webhook(client, free_port).post(ALERT)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("127.0.0.1", False), ("10.1.2.3", False), ("172.16.0.1", False),
        ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False),
        ("224.0.0.1", False), ("192.88.99.1", False), ("198.18.0.1", False), ("240.0.0.1", False), ("::1", False),
        ("fe80::1%eth0", False), ("fd00::1", False), ("::ffff:127.0.0.1", False), ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False), ("3fff::1", False), ("5f00::1", False),
        ("2001:db8::1", False), ("ff02::1", False),
    ],
)  # fmt: skip
def test_only_addresses_of_the_open_internet_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


async def test_a_pixel_in_test_mode_is_announced_when_a_worker_starts(scene: Scene) -> None:
    await scene.set_pixel(test_event_code="TEST1")
    with structlog.testing.capture_logs() as logged:
        await announce_test_mode(scene.pool)
    (line,) = logged
    assert (line["pixel_id"], line["test_event_code"], line["log_level"]) == (PIXEL, "TEST1", "warning")


async def test_a_broken_grant_is_told_while_it_is_broken(scene: Scene) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    await store_grant(scene.pool, NewGrant(APP, b"sealed", None, None, ()), now)
    grant = await get_grant(scene.pool, APP)
    assert grant is not None
    await mark_broken(scene.pool, grant, "40105: dead", now)
    with structlog.testing.capture_logs() as lines:
        await watch_grants(scene.pool, now)
        await watch_grants(scene.pool, now)
    assert [(line["kind"], line["app_id"]) for line in lines] == [("tiktok_grant_broken", APP)]
    assert await alerts_by_kind(scene.pool) == {"tiktok_grant_broken": 1}
    await mark_ok(scene.pool, grant, now)
    await watch_grants(scene.pool, now)
    assert await alerts_by_kind(scene.pool) == {}
