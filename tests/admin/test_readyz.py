"""Whether a process says that it is ready, asked over a real socket."""

import asyncio

import pytest

from admin.readyz import answers

pytestmark = pytest.mark.anyio


async def asked(answer: bytes) -> tuple[bool, bytes]:
    """What comes of it where this is answered, and the request."""
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1") as server:
        ready = await answers(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")()
    return ready, requests[0]


@pytest.mark.parametrize(
    ("answer", "is_ready"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", True),
        (b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", False),
        (b"SSH-2.0 200\r\n", False),
        (b"HTTP/1.1\r\n", False),
        (b"x" * 1_000_000, False),
        (b"", False),
    ],
    ids=["ready", "not ready", "another protocol", "half a line", "no line", "nothing"],
)
async def test_only_a_200_is_ready(answer: bytes, is_ready: bool) -> None:
    assert (await asked(answer))[0] is is_ready


async def test_it_is_asked_at_readyz_with_a_host() -> None:
    _, request = await asked(b"HTTP/1.1 200 OK\r\n\r\n")
    assert request.startswith(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:")


async def test_a_process_that_does_not_listen_yet_is_not_ready(free_port: int) -> None:
    assert not await answers(f"http://127.0.0.1:{free_port}")()


async def test_a_process_without_a_listener_counts_as_ready() -> None:
    assert await answers("")()
