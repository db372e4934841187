"""SIGHUP replaces the workers under load; SIGTERM stops them in time; a killed supervisor leaves nobody behind."""

import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.engines import short_directory
from tests.redirector.serving import Redirector, publish, running, stored_clicks, ttclid, wait_for
from tests.redirector.wire import ask, connected, parse_replies, request

LONGEST_STOP_S = 10.0


@pytest.fixture
def redirector(redis_url: str) -> Iterator[Redirector]:
    publish(redis_url)
    with short_directory() as directory, running(redis_url, directory) as started:
        yield started


def workers(redirector: Redirector) -> set[int]:
    """The processes that serve."""
    found = set()
    for child in psutil.Process(redirector.process.pid).children():
        with suppress(psutil.Error):  # it ends just now
            if "spawn_main" in " ".join(child.cmdline()):
                found.add(child.pid)
    return found


@dataclass
class Visitors:
    """Threads that click without a pause, each on connections of its own that it keeps as long as it may."""

    port: int
    stopping: threading.Event = field(default_factory=threading.Event)
    seen: Counter[str] = field(default_factory=Counter)
    sent: list[str] = field(default_factory=list)

    def run(self, number: int) -> None:
        connection: socket.socket | None = None
        clicks = 0
        while not self.stopping.is_set():
            name = ttclid(number * 1_000_000 + clicks)
            clicks += 1
            try:
                connection = connection or socket.create_connection(("127.0.0.1", self.port), timeout=10)
                connection.sendall(request(f"/spring?ttclid={name}"))
                (reply,) = parse_replies(connection.recv(65_536))
            except (OSError, ValueError) as error:
                self.seen[repr(error)] += 1
                connection = None
                continue
            self.seen[str(reply.status)] += 1
            self.sent.append(name)
            if reply.header("connection") == "close":
                connection.close()
                connection = None
        if connection is not None:
            connection.close()


@pytest.mark.parametrize(
    ("count", "budget_ms"), [(1, 50), (2, 50), (1, 1)], ids=["one", "two", "one whose clicks go through the spool"]
)
def test_workers_are_replaced_under_load_without_a_connection_error(redis_url: str, count: int, budget_ms: int) -> None:
    publish(redis_url)
    given = {"REDIRECTOR_WORKERS": str(count), "REDIS_BUDGET_MS": str(budget_ms)}
    with short_directory() as directory, running(redis_url, directory, **given) as redirector:
        _replace_under_load(redirector, count)


def _replace_under_load(redirector: Redirector, count: int) -> None:
    visitors = Visitors(redirector.port)
    threads = [threading.Thread(target=visitors.run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    generations = [workers(redirector)]
    try:
        for _ in range(2):
            redirector.process.send_signal(signal.SIGHUP)
            wait_for(
                lambda: len(workers(redirector)) == count and not workers(redirector) & generations[-1], seconds=60
            )
            generations.append(workers(redirector))
    finally:
        visitors.stopping.set()
        for thread in threads:
            thread.join()
    assert set(visitors.seen) == {"302"}
    assert visitors.seen["302"] == len(visitors.sent) > 100
    # the spool of a worker that has ended is taken over by another
    wait_for(lambda: {click.ttclid for click in stored_clicks(redirector.redis_url)} == set(visitors.sent))
    wait_for(redirector.is_spool_empty)
    assert len({pid for generation in generations for pid in generation}) == 3 * count


def test_a_successor_that_cannot_start_leaves_the_old_worker_serving(redirector: Redirector) -> None:
    old = workers(redirector)
    (redirector.data_dir / ".env").write_text("SPOOL_MAX_MB=much\n")  # read by each worker in its directory
    redirector.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "SPOOL_MAX_MB" in redirector.log.read_text())
    (redirector.data_dir / ".env").unlink()
    assert ask(redirector.port, "/spring").status == 302
    assert old <= workers(redirector)


def test_a_worker_that_dies_is_replaced(redirector: Redirector) -> None:
    (old,) = workers(redirector)
    os.kill(old, signal.SIGKILL)
    redirector.wait_until_ready()
    assert old not in workers(redirector)
    assert redirector.process.poll() is None


def test_a_killed_supervisor_takes_its_worker_along(redirector: Redirector) -> None:
    (worker,) = workers(redirector)
    redirector.kill()
    wait_for(lambda: _refuses(redirector.port))
    wait_for(lambda: _ended(worker))


def test_a_stop_answers_what_is_under_way_and_ends_in_time(redirector: Redirector) -> None:
    with connected(redirector.port) as idle, connected(redirector.port) as halfway:
        idle.sendall(request("/spring?n=1"))
        parse_replies(idle.recv(65_536))
        whole = request("/spring?n=2")
        halfway.sendall(whole[:50])
        begun = time.monotonic()
        redirector.process.send_signal(signal.SIGTERM)
        wait_for(lambda: _refuses(redirector.port))
        halfway.sendall(whole[50:])
        (reply,) = parse_replies(halfway.recv(65_536))
        assert (reply.status, reply.header("connection")) == (302, "close")
        assert idle.recv(65_536) == b""
        assert redirector.process.wait(LONGEST_STOP_S) == 0
        assert time.monotonic() - begun < LONGEST_STOP_S
    assert sorted(click.query for click in stored_clicks(redirector.redis_url)) == ["n=1", "n=2"]


def _refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return True
    return False


def test_no_worker_that_can_start_is_a_failure(redis_url: str) -> None:
    with short_directory() as directory:
        (directory / "spool").write_text("in the way of the spool's directory")
        with pytest.raises(AssertionError, match="spool"), running(redis_url, directory):
            pass
        assert Path(directory / "spool").is_file()


def _ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
