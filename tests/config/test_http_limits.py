"""The sockets of the forwarder and the console, whose limits are the same; over real ones in tests/attacks."""

import asyncio
from typing import Any
from unittest.mock import Mock

import pytest
import uvicorn
from uvicorn.server import ServerState

from config.http_limits import LimitedHttpProtocol
from console.protocol import ConsoleProtocol
from forwarder.intake.protocol import IntakeProtocol

WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
BROKEN = {
    "no request": b"nonsense\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "too long": b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a header without an end": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000,
}
broken = pytest.mark.parametrize("head", BROKEN.values(), ids=BROKEN)


def _never_run(coroutine: Any) -> Mock:
    coroutine.close()
    return Mock()


class Connection:
    """One, whose client reads all it is sent; requests are taken and never answered."""

    def __init__(self, protocol: type[LimitedHttpProtocol]) -> None:
        config = uvicorn.Config(Mock(), http="httptools", interface="asgi3", log_config=None)
        self.loop, self.transport = Mock(create_task=Mock(side_effect=_never_run)), Mock()
        self.transport.is_closing.return_value = False
        self.transport.get_extra_info.return_value = None
        self._protocol: Any = protocol(config, ServerState(), {}, self.loop)
        self._protocol.connection_made(self.transport)

    def receive(self, data: bytes) -> None:
        # in two parts: that a head is too long without an end is seen between two
        self._protocol.data_received(data[:1])
        self._protocol.data_received(data[1:])

    def message(self) -> Any:
        """What the application is given that asks for the body of the request before the last."""
        (cycle,) = self._protocol._earlier or [self._protocol.cycle]
        return asyncio.run(cycle.receive())

    def written(self) -> bytes:
        return b"".join(call.args[0] for call in self.transport.write.call_args_list)


@pytest.fixture(params=[IntakeProtocol, ConsoleProtocol])
def connection(request: pytest.FixtureRequest) -> Connection:
    return Connection(request.param)


@broken
def test_a_head_that_cannot_be_taken_is_refused_once(connection: Connection, head: bytes) -> None:
    connection.receive(head)
    connection.receive(head)
    assert connection.written().startswith((b"HTTP/1.1 4", b"HTTP/1.1 5"))
    assert connection.transport.write.call_count == 1


@broken
def test_what_comes_behind_the_last_answer_of_a_connection_gets_none(connection: Connection, head: bytes) -> None:
    connection.transport.is_closing.return_value = True  # what came before was answered with `Connection: close`
    connection.receive(head)
    assert connection.written() == b""


@broken
def test_after_a_refusal_nothing_is_taken(connection: Connection, head: bytes) -> None:
    connection.receive(head)
    connection.receive(WHOLE)
    assert connection.loop.create_task.call_count == 0


def test_a_whole_head_is_taken(connection: Connection) -> None:
    connection.receive(WHOLE)
    assert (connection.loop.create_task.call_count, connection.written()) == (1, b"")


@broken
def test_who_waits_to_be_told_to_go_on_is_told_nothing_behind_a_refusal(connection: Connection, head: bytes) -> None:
    connection.receive(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
    connection.receive(head)
    written = connection.written()
    assert connection.message() == {"type": "http.disconnect"}
    assert connection.written() == written
