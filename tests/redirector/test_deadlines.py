"""Who keeps a connection without using it. The server runs in a thread with shorter deadlines than an operator's."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from config.settings import RedirectorSettings
from loadtests.ports import free_port
from redirector.__main__ import server_config
from tests.redirector.serving import SECRET_KEY, publish, wait_for
from tests.redirector.wire import ask, connected, parse_replies, read_all, request

DEADLINE_S = 0.4


@contextmanager
def served_in_a_thread(settings: RedirectorSettings) -> Iterator[int]:
    server = uvicorn.Server(server_config(settings))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_for(lambda: server.started)
        yield settings.redirector_port
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def port(redis_url: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A redirector that gives a request head 0.4 s."""
    monkeypatch.setattr("redirector.protocol.HEAD_DEADLINE_S", DEADLINE_S)
    monkeypatch.setattr("redirector.app.MAINTENANCE_EVERY_S", 0.05)
    port = free_port()
    environment = {
        "REDIS_URL": redis_url,
        "DATA_DIR": str(data_dir),
        "SECRET_KEY": SECRET_KEY,
        "REDIRECTOR_PORT": str(port),
        "LOG_LEVEL": "error",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    publish(redis_url)
    with served_in_a_thread(RedirectorSettings()) as serving:
        yield serving


def drip(connection: socket.socket) -> float:
    """Seconds until the server closes on a client that sends one byte of a header each 20 ms."""
    started = time.monotonic()
    connection.sendall(b"GET /spring HTTP/1.1\r\nX-Slow: ")
    while time.monotonic() - started < 10:
        try:
            connection.sendall(b"a")
        except OSError:
            break
        time.sleep(0.02)
    return time.monotonic() - started


def test_a_head_that_drips_in_is_cut_off_by_an_absolute_deadline(port: int) -> None:
    with connected(port) as connection:
        assert DEADLINE_S <= drip(connection) < 5


def test_clicks_on_the_same_server_do_not_notice_slow_heads(port: int) -> None:
    dripping = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
    for connection in dripping:
        connection.sendall(b"GET /spring HTTP/1.1\r\nX-Slow: ")
    assert ask(port, "/spring").status == 302
    for connection in dripping:
        assert read_all(connection) == b""
        connection.close()


@pytest.mark.parametrize("first", [b"", request("/spring"), request("/unknown")], ids=["nothing", "click", "page"])
def test_a_connection_that_says_nothing_more_is_closed(port: int, first: bytes) -> None:
    with connected(port) as connection:
        connection.sendall(first)
        assert len(parse_replies(read_all(connection))) == (1 if first else 0)


def test_a_connection_that_goes_on_asking_is_not_closed(port: int) -> None:
    with connected(port) as connection:
        started = time.monotonic()
        while time.monotonic() - started < 3 * DEADLINE_S:
            connection.sendall(request("/spring"))
            assert parse_replies(connection.recv(65_536))[0].status == 302
            time.sleep(0.05)


def bytes_taken_unread(connection: socket.socket, limit: int) -> int:
    """How much the server takes of a client that never reads a reply, until it cuts it off."""
    part = request("/spring") * 100
    for sent in range(0, limit, len(part)):
        try:
            connection.sendall(part)
        except ConnectionError:  # a TimeoutError would say that it stays open
            return sent
    raise AssertionError("the server took everything")


def test_a_client_that_never_reads_is_cut_off_and_its_answers_do_not_pile_up(port: int) -> None:
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", port))
        connection.settimeout(5)
        assert bytes_taken_unread(connection, 32 * 1024 * 1024) < 16 * 1024 * 1024


def test_a_refused_client_can_read_why_before_the_connection_goes(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET /spring?" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n")
        assert parse_replies(read_all(connection))[0].status == 414
        time.sleep(0.1)
        connection.sendall(b"more")


def test_a_refused_client_that_does_not_leave_is_put_out(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redirector.protocol.LINGER_S", 0.1)
    with connected(port) as connection:
        connection.sendall(b"FOO / HTTP/1.1\r\n\r\n")
        assert parse_replies(read_all(connection))[0].status == 405

        def is_put_out() -> bool:
            try:
                connection.sendall(b"more")
            except ConnectionError:
                return True
            return False

        wait_for(is_put_out)
