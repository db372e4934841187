"""Whoever keeps a connection of the forwarder or the console without using it. Both have 0.3 s here instead of 10."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from config import http_limits
from console.protocol import ConsoleProtocol
from forwarder.intake.protocol import IntakeProtocol

pytestmark = pytest.mark.anyio

PATIENCE_S = 30.0  # a busy machine; nothing waits for it to pass
HEAD = b"GET /big HTTP/1.1\r\nHost: x\r\n"


async def big(_: Request) -> Response:
    return PlainTextResponse("x" * 8_000_000)


async def body(request: Request) -> Response:
    with suppress(ClientDisconnect):
        return PlainTextResponse(str(len(await request.body())))
    return PlainTextResponse("gone")


@pytest.fixture(params=[IntakeProtocol, ConsoleProtocol])
async def port(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, free_port: int) -> AsyncIterator[int]:
    monkeypatch.setattr(http_limits, "DEADLINE_S", 0.3)
    app = Starlette(routes=[Route("/big", big), Route("/body", body, methods=["POST"])])
    protocol: Any = request.param
    config = uvicorn.Config(
        app, port=free_port, http=protocol, lifespan="off", log_config=None, timeout_keep_alive=3_600
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 -- uvicorn says it by a flag alone
        await asyncio.sleep(0.01)
    yield free_port
    server.should_exit = True
    await serving


async def until_closed(port: int, first: bytes, drop: bytes) -> bytes:
    """All that came until the server closed on who sent `first` and then `drop` again and again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(first)

    async def drip() -> None:
        with suppress(OSError):
            while True:
                writer.write(drop)
                await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    try:
        async with asyncio.timeout(PATIENCE_S):
            with suppress(ConnectionResetError):
                return await reader.read()
            return b""
    finally:
        dripping.cancel()
        writer.close()


@pytest.mark.parametrize(
    ("first", "drop"),
    [(b"", b""), (HEAD + b"X-A: ", b"a"), (b"GET /", b"a"), (b"", b"\r\n"), (HEAD, b"A: b\r\n")],
    ids=["nothing", "a header", "a url", "line ends", "headers"],
)
async def test_a_head_that_does_not_come_ends_the_connection(port: int, first: bytes, drop: bytes) -> None:
    received = await until_closed(port, first, drop)
    assert received == b"" or received.startswith((b"HTTP/1.1 414", b"HTTP/1.1 431"))


async def test_a_second_head_that_does_not_come_ends_the_connection(port: int) -> None:
    first = b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na"
    received = await until_closed(port, first + HEAD, b"A: b\r\n")
    assert received.startswith(b"HTTP/1.1 200") or received == b""


async def test_a_client_that_never_reads_ends_its_connection_and_no_other(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_024)
    writer.write(HEAD + b"\r\n")
    await asyncio.sleep(0)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    asked = b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\na"
    async with asyncio.timeout(PATIENCE_S):
        while not await _is_ended(writer):
            other, its_writer = await asyncio.open_connection("127.0.0.1", port)
            its_writer.write(asked)
            assert (await other.read()).startswith(b"HTTP/1.1 200")
            its_writer.close()
    writer.close()


async def _is_ended(writer: asyncio.StreamWriter) -> bool:
    """Whether the server has reset the connection: what is written to it then fails."""
    await asyncio.sleep(0.05)
    with suppress(OSError):
        writer.write(b"\r\n")
        await writer.drain()
        return writer.transport.is_closing()
    return True


async def test_a_form_that_does_not_come_ends_the_connection(
    port: int, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if request.node.callspec.params["port"] is IntakeProtocol:
        pytest.skip("its handlers read bodies within a time of their own: tests/forwarder/test_app.py")
    head = b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    assert await until_closed(port, head, b"a") == b""
