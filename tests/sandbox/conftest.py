"""A sandbox without a network (`client`, `send`), and one served for real (`served`)."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from sandbox.app import create_app
from sandbox.memory import Limits
from sandbox.server import configured
from sandbox.tokens import Pixel
from tests.sandbox.rows import NOW, PIXEL, TOKEN, TRACK, a_body


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class InProcess(httpx.BaseTransport):
    """Hands each request of a blocking client to an app in this process."""

    def __init__(self, app: Starlette) -> None:
        self._inner = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return anyio.run(self._answer, request)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


def in_process(app: Starlette) -> httpx.Client:
    return httpx.Client(transport=InProcess(app), base_url="http://sandbox.test")


Send = Callable[..., dict[str, Any]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> Iterator[httpx.Client]:
    with in_process(create_app(demo=Pixel(PIXEL, TOKEN), clock=clock)) as client:
        yield client


@pytest.fixture
def send(client: httpx.Client) -> Send:
    """Send one body (a good one by default) and give the envelope that comes back with HTTP 200."""

    def send(body: Any = None, token: str | None = TOKEN) -> dict[str, Any]:
        headers = {} if token is None else {"Access-Token": token}
        answer = client.post(TRACK, json=a_body() if body is None else body, headers=headers)
        assert answer.status_code == 200
        envelope: dict[str, Any] = answer.json()
        return envelope

    return send


@pytest.fixture
def served() -> Iterator[httpx.Client]:
    """A client of a sandbox behind its real server, on a free port of loopback."""
    config = configured(Limits(), Pixel(PIXEL, TOKEN))
    config.port = 0
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive(), "the server ended before it listened"
        assert time.monotonic() < deadline, "the server did not start within 20 s"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        yield client
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()
