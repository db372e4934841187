"""The Events API's client against a server on loopback that answers, misbehaves or is not there."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import anyio.abc
import httpx
import msgspec
import pytest

from tiktok.codes import classify
from tiktok.events_api import EventsApi, events_client

pytestmark = pytest.mark.anyio

LARGEST = 2 * 1024 * 1024
TOKEN = "2b5700268ac04e741f0045e5f5c17f442ad713fb"
BODY = b'{"event_source":"web","event_source_id":"P","data":[{}]}'
Talk = Callable[[anyio.abc.SocketStream], Awaitable[None]]


def http(status: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def port_of(listener: anyio.abc.Listener[anyio.abc.SocketStream]) -> int:
    return listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610  no Django here


class Server:
    """Reads one request per connection, keeps its bytes, then talks as it was told."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self.requests: list[bytes] = []
        self.url = ""

    async def take(self, stream: anyio.abc.SocketStream) -> None:
        request = b""
        async with stream:
            while not request.endswith(BODY):
                request += await stream.receive()
            self.requests.append(request)
            await self._talk(stream)


@asynccontextmanager
async def serving(talk: Talk) -> AsyncIterator[Server]:
    server = Server(talk)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    server.url = f"http://127.0.0.1:{port_of(listener)}"
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, server.take)
        yield server
        tasks.cancel_scope.cancel()


def saying(answer: bytes) -> Talk:
    async def talk(stream: anyio.abc.SocketStream) -> None:
        await stream.send(answer)

    return talk


async def silent(stream: anyio.abc.SocketStream) -> None:
    await anyio.sleep_forever()


async def hanging_up(stream: anyio.abc.SocketStream) -> None:
    await stream.aclose()


async def dripping(stream: anyio.abc.SocketStream) -> None:
    await stream.send(http("200 OK", b"", length=1_000))
    while True:
        await stream.send(b" ")
        await anyio.sleep(0.01)


async def test_a_request_carries_the_bare_token_and_the_body_as_it_is() -> None:
    async with serving(saying(http("200 OK", b'{"code":0,"message":"OK"}'))) as server, events_client() as client:
        answer = await EventsApi(client, server.url + "/").track(TOKEN, BODY)
    [request] = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert head.startswith(b"POST /open_api/v1.3/event/track/ HTTP/1.1\r\n")
    assert f"access-token: {TOKEN}" in lines
    assert "content-type: application/json" in lines
    assert not [line for line in lines if line.startswith("authorization")]
    assert body == BODY
    assert (answer.status, answer.body, answer.error, answer.sent) == (200, b'{"code":0,"message":"OK"}', None, True)
    assert answer.ms > 0


@pytest.mark.parametrize(
    ("said", "status", "outcome"),
    [
        (http("200 OK", b'{"code":0}'), 200, "delivered"),
        (http("401 Unauthorized", b'{"code":40105}'), 401, "setup"),
        (http("500 Internal Server Error", b"<html>oops</html>", "Content-Type: text/html"), 500, "transient"),
        (http("200 OK", b'{"code":'), 200, "unknown"),
        (http("302 Found", b"", "Location: http://127.0.0.1:1/"), 302, "unknown"),
        (http("200 OK", b"\x1f\x8b\x08", "Content-Encoding: gzip"), 200, "unknown"),
    ],
    ids=[
        "taken",
        "refused with a code",
        "500 in HTML",
        "torn JSON",
        "a redirect is not followed",
        "compressed unasked",
    ],
)
async def test_any_answer_comes_back_as_it_is(said: bytes, status: int, outcome: str) -> None:
    async with serving(saying(said)) as server, events_client() as client:
        answer = await EventsApi(client, server.url).track(TOKEN, BODY)
    assert (answer.status, answer.error) == (status, None)
    assert classify(answer).outcome == outcome


async def test_an_answer_that_quotes_the_token_comes_back_without_it() -> None:
    said = b'{"code":40105,"message":"no such token: ' + TOKEN.encode() + b'."}'
    async with serving(saying(http("200 OK", said))) as server, events_client() as client:
        answer = await EventsApi(client, server.url).track(TOKEN, BODY)
    assert answer.body == b'{"code":40105,"message":"no such token: [token]."}'


@pytest.mark.parametrize(
    ("talk", "deadline_s", "error"),
    [
        (saying(http("200 OK", b'{"code":0', length=100)), 60, "reset"),
        (saying(b"220 smtp.example.com\r\n"), 60, "reset"),
        (hanging_up, 60, "reset"),
        (saying(http("200 OK", b" " * (LARGEST + 1))), 60, "too_large"),
        (silent, 1, "timeout"),
        (dripping, 1, "timeout"),
    ],
    ids=["torn body", "not HTTP", "hung up", "oversize", "silence", "a byte now and then"],
)
async def test_a_failure_after_sending_may_have_arrived(talk: Talk, deadline_s: float, error: str) -> None:
    async with serving(talk) as server, events_client() as client:
        answer = await EventsApi(client, server.url, deadline_s).track(TOKEN, BODY)
    assert (answer.status, answer.body, answer.error, answer.sent) == (None, None, error, True)
    assert classify(answer).outcome == "unknown"


async def test_the_largest_answer_is_still_read() -> None:
    said = b'{"code":0}'.ljust(LARGEST)
    async with serving(saying(http("200 OK", said))) as server, events_client() as client:
        answer = await EventsApi(client, server.url).track(TOKEN, BODY)
    assert answer.body == said


async def test_a_refusal_that_says_of_each_of_a_thousand_rows_what_is_wrong_is_read() -> None:
    """Taken for no answer, the same batch would come again and again until it is too old."""
    fault = "properties.contents.0.content_type: Not a valid choice. Expected product or product_group"
    words = "; ".join(f"data.{row}.{fault}" for row in range(1_000))
    said = msgspec.json.encode({"code": 40002, "message": words, "request_id": "R"})
    async with serving(saying(http("200 OK", said))) as server, events_client() as client:
        answer = await EventsApi(client, server.url).track(TOKEN, BODY)
    verdict = classify(answer, rows=1_000)
    assert (verdict.outcome, len(verdict.invalid_rows), verdict.split) == ("invalid", 1_000, False)


async def test_the_deadline_covers_the_whole_call_and_is_not_renewed_by_a_byte() -> None:
    async with serving(dripping) as server, events_client() as client:
        with anyio.fail_after(60):
            answer = await EventsApi(client, server.url, deadline_s=0.3).track(TOKEN, BODY)
    assert answer.ms >= 300


@pytest.mark.parametrize("url", ["not-a-url", "ftp://127.0.0.1", "http://"])
async def test_a_base_url_that_leads_nowhere_is_an_answer_too(url: str) -> None:
    async with events_client() as client:
        answer = await EventsApi(client, url).track(TOKEN, BODY)
    assert (answer.error, answer.sent) == ("connect", False)


async def test_a_base_url_that_is_none_is_refused_at_once() -> None:
    async with events_client() as client:
        with pytest.raises(httpx.InvalidURL):
            EventsApi(client, "http://[::1")


async def test_a_refused_connection_has_certainly_not_arrived() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can answer there
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        async with events_client() as client:
            answer = await EventsApi(client, url).track(TOKEN, BODY)
    assert (answer.error, answer.sent) == ("connect", False)
    assert classify(answer).outcome == "transient"
    assert not classify(answer).may_have_arrived


async def test_a_server_without_tls_behind_https_is_told_apart() -> None:
    async def plain(stream: anyio.abc.SocketStream) -> None:
        await stream.receive()
        await stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await stream.aclose()

    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as tasks,
        events_client() as client,
    ):
        tasks.start_soon(listener.serve, plain)
        answer = await EventsApi(client, f"https://127.0.0.1:{port_of(listener)}").track(TOKEN, BODY)
        tasks.cancel_scope.cancel()
    assert (answer.error, answer.sent) == ("tls", False)


@pytest.mark.parametrize("token", ["", " ", "abc\r\nX-Evil: 1", "tökén", "abc ", "abc\x00"])
async def test_a_token_no_header_can_carry_is_not_sent(token: str) -> None:
    async with serving(saying(http("200 OK", b'{"code":0}'))) as server, events_client() as client:
        answer = await EventsApi(client, server.url).track(token, BODY)
    assert server.requests == []
    assert (answer.error, classify(answer).outcome) == ("token", "setup")


async def test_cancelling_a_call_leaves_the_client_usable() -> None:
    async with (
        serving(silent) as hung,
        serving(saying(http("200 OK", b'{"code":0}'))) as server,
        events_client() as client,
    ):
        with anyio.move_on_after(0.1) as scope:
            await EventsApi(client, hung.url).track(TOKEN, BODY)
        answer = await EventsApi(client, server.url).track(TOKEN, BODY)
    assert scope.cancelled_caught
    assert answer.status == 200


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Retry-After: 2", 2),
        ("Retry-After: 1000000000", 1_000_000_000),
        ("Retry-After: Fri, 20 Nov 2026 10:00:00 GMT", None),
        ("Retry-After: -1", None),
        ("Retry-After: 99999999999", None),
        ("X: y", None),
    ],
)
async def test_a_wait_in_seconds_is_read_and_a_date_is_not(header: str, seconds: int | None) -> None:
    talk = saying(http("429 Too Many Requests", b"", header))
    async with serving(talk) as server, events_client() as client:
        assert (await EventsApi(client, server.url).track(TOKEN, BODY)).retry_after_s == seconds


async def test_the_date_of_its_answers_is_compared_with_this_machines_clock() -> None:
    late = saying(http("200 OK", b"{}", "Date: Thu, 01 Jan 2026 00:00:00 GMT"))
    async with serving(late) as server, events_client() as client:
        api = EventsApi(client, server.url)
        assert api.server_clock.ahead_s() is None
        await api.track(TOKEN, BODY)
    assert (api.server_clock.ahead_s() or 0) < -300 * 24 * 3600
