"""The forwarder at the socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from config import http_limits
from forwarder.intake.protocol import IntakeProtocol

pytestmark = pytest.mark.anyio


async def slow(_: Request) -> PlainTextResponse:
    await asyncio.sleep(0.4)
    return PlainTextResponse("done")


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch, free_port: int) -> AsyncIterator[int]:
    """A server whose heads have 0.2 s."""
    monkeypatch.setattr(http_limits, "DEADLINE_S", 0.2)
    app = Starlette(routes=[Route("/slow", slow)])
    config = uvicorn.Config(app, port=free_port, http=IntakeProtocol, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 -- uvicorn says it by a flag alone
        await asyncio.sleep(0.01)
    yield free_port
    server.should_exit = True
    await serving


async def closed(reader: asyncio.StreamReader) -> None:
    """Returns when the server has ended the connection without an answer."""
    async with asyncio.timeout(5):
        with suppress(ConnectionResetError):
            assert await reader.read() == b""


async def test_a_head_that_drips_is_cut_off(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def drip() -> None:
        writer.write(b"GET /slow HTTP/1.1\r\nHost: x\r\nX-A: ")
        while True:
            writer.write(b"a")
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    await closed(reader)
    dripping.cancel()
    writer.close()


async def test_a_connection_that_says_nothing_is_cut_off(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await closed(reader)
    writer.close()


async def test_an_answer_may_take_longer_than_a_head(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await reader.readuntil(b"done")
        assert answer.startswith(b"HTTP/1.1 200")
    writer.close()


async def answer(port: int, raw: bytes) -> bytes:
    """Everything until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(5):
        writer.write(raw)
        received = await reader.read()
    writer.close()
    return received


TOO_MANY = {
    "101 headers": "".join(f"X-{n}: 1\r\n" for n in range(100)),
    "one of 32 KiB": "X: " + "a" * 32 * 1024 + "\r\n",
    "40 of 1 KB": "".join(f"X-{n}: {'a' * 1_000}\r\n" for n in range(40)),
    "one without an end": "X: " + "a" * 1024 * 1024,
}


@pytest.mark.parametrize("lines", TOO_MANY.values(), ids=TOO_MANY)
async def test_too_many_or_too_long_headers_are_431(port: int, lines: str) -> None:
    received = await answer(port, f"GET /slow HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())
    assert received.startswith(b"HTTP/1.1 431 ")
    assert b'"code":"headers_too_large"' in received


async def test_a_hundred_headers_are_taken(port: int) -> None:
    lines = "".join(f"X-{n}: 1\r\n" for n in range(98))
    received = await answer(port, f"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n".encode())
    assert received.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("lines", ["", "Host: a\r\nHost: a\r\n", "Host: a b\r\n"], ids=["none", "two", "invalid"])
async def test_http_1_1_needs_exactly_one_valid_host(port: int, lines: str) -> None:
    received = await answer(port, f"GET /slow HTTP/1.1\r\n{lines}\r\n".encode())
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1") == 1 + received.count(b"HTTP/1.1 needs")


async def test_http_1_0_needs_no_host(port: int) -> None:
    assert (await answer(port, b"GET /slow HTTP/1.0\r\n\r\n")).split(b" ")[1] == b"200"
