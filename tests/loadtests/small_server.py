"""A server on loopback that answers 302 in as many packets as it is told to."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

ANSWER = b"HTTP/1.1 302 Found\r\nlocation: https://apps.apple.com/app/id1\r\nContent-Length: 5\r\n\r\nhello"


@dataclass
class SmallServer:
    port: int
    requests: list[bytes] = field(default_factory=list)


@contextmanager
def small_server(pieces: tuple[bytes, ...] = (ANSWER,), hang_up_after: int | None = None) -> Iterator[SmallServer]:
    """Serves until the block ends; `hang_up_after` closes each connection instead of giving it one more answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = SmallServer(listener.getsockname()[1])

        def serve(connection: socket.socket) -> None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answered = 0
            with connection, suppress(ConnectionResetError):  # whoever asked left without reading its answer
                while request := connection.recv(65_536):
                    server.requests.append(request)
                    if answered == hang_up_after:
                        return
                    for piece in pieces:
                        connection.sendall(piece)
                    answered += 1

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
