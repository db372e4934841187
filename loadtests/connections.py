"""Keep-alive connections with at most one request in flight on each."""

import select
import selectors
import socket
from collections.abc import Iterator

from loadtests.responses import status_of

RECEIVE_BYTES = 65_536


class ConnectionLostError(Exception):
    """The server closed a connection that had a request in flight."""


class Connections:
    """`count` connections to one server, named by their number."""

    def __init__(self, host: str, port: int, count: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._sockets = [self._connected(host, port, number) for number in range(count)]
        self._parts: dict[int, bytes] = {}  # of answers that came in more than one packet

    def _connected(self, host: str, port: int, number: int) -> socket.socket:
        # blocking: what the selector names ready has something to read, and a request is written whole
        connection = socket.create_connection((host, port), timeout=5)
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(connection, selectors.EVENT_READ, number)
        return connection

    def __len__(self) -> int:
        return len(self._sockets)

    def send(self, number: int, request: bytes) -> None:
        self._sockets[number].sendall(request)

    def answered(self, timeout_s: float) -> Iterator[tuple[int, int]]:
        """Wait at most `timeout_s`, then yield (connection, status) of every answer that is whole.

        Raises:
            ConnectionLostError, UnreadableAnswerError: the run is worth nothing.
        """
        # the selector's own timeout is rounded up to a millisecond, which is longer than a redirect takes
        if timeout_s > 0 and not select.select([self._selector], [], [], timeout_s)[0]:
            return
        for key, _ in self._selector.select(0):
            number = key.data
            received = self._sockets[number].recv(RECEIVE_BYTES)
            if not received:
                raise ConnectionLostError("the server closed a connection instead of answering")
            if number in self._parts:
                received = self._parts.pop(number) + received
            status = status_of(received)
            if status is None:
                self._parts[number] = received
            else:
                yield number, status

    def close(self) -> None:
        for connection in self._sockets:
            connection.close()
        self._selector.close()
