"""What may become of the processes of a whole machine."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import httpx
import psutil

from tests.console.pages.person import PASSWORD, Person
from tests.faults.fault import Fault, Says
from tests.faults.machine_oracle import Losses
from tests.faults.redis_faults import Breaks
from tests.faults.whole_machine import WholeMachine

FEEDS = 200
SLOW_SOCKETS = 2_000
STOPS_WITHIN_S = 40.0  # 10 s for the processes, then the engines; the machine is shared
OWNER = "anna@example.com"


def killed(*names: str, times: int = 1) -> Breaks:
    """`up` starts them again."""

    @contextmanager
    def broken(machine: WholeMachine) -> Iterator[None]:
        for _ in range(times):
            for name in names:
                _kill_tree(machine, name)
            machine.until(machine.is_ready)
        yield

    return broken


def _kill_tree(machine: WholeMachine, name: str) -> None:
    with suppress(ProcessLookupError):
        os.kill(machine.process_id(name), signal.SIGKILL)


@contextmanager
def feeds_open_at_the_stop(machine: WholeMachine) -> Iterator[None]:
    """SIGTERM to everything under load, while 200 browsers have the live feed open."""
    if not machine.sql("SELECT FROM users"):
        machine.command_with_input(PASSWORD, "user", "create", OWNER, "--role", "owner", "--password-stdin")
    with ExitStack() as feeds:
        person = feeds.enter_context(Person(f"http://127.0.0.1:{machine.port('console')}"))
        person.sign_in(OWNER)
        client = feeds.enter_context(
            httpx.Client(
                base_url=person.base_url, cookies=person.http.cookies, trust_env=False, timeout=30,
                limits=httpx.Limits(max_connections=FEEDS),
            )
        )  # fmt: skip
        path = f"/apps/{machine.app['app_id']}/live/items"
        answers = [
            feeds.enter_context(client.stream("GET", path, headers={"accept": "text/event-stream"}))
            for _ in range(FEEDS)
        ]
        assert {answer.status_code for answer in answers} == {200}
        began = time.monotonic()
        assert machine.stop_up() == 0
        assert time.monotonic() - began < STOPS_WITHIN_S
    assert not machine.up_left_over()
    machine.start_up()
    yield


def stopped_for(seconds: float) -> Breaks:
    """One of two redirector workers stands still, as one in an endless loop does."""

    @contextmanager
    def broken(machine: WholeMachine) -> Iterator[None]:
        worker = _workers(machine)[0]
        worker.send_signal(signal.SIGSTOP)
        try:
            time.sleep(seconds)
            yield
        finally:
            worker.send_signal(signal.SIGCONT)

    return broken


def _workers(machine: WholeMachine) -> list[psutil.Process]:
    """Of the redirector: the children that listen, else itself."""
    redirector = psutil.Process(machine.process_id("redirector"))
    port = machine.port("redirector")
    listening = [
        child
        for child in redirector.children(recursive=True)
        if any(c.laddr and c.laddr.port == port for c in child.net_connections("tcp"))
    ]
    return listening or [redirector]


@contextmanager
def out_of_descriptors(machine: WholeMachine) -> Iterator[None]:
    """The redirector may open no more files than it has, and a crowd stands at its door."""
    (worker,) = _workers(machine)[:1]
    before = worker.rlimit(psutil.RLIMIT_NOFILE)
    worker.rlimit(psutil.RLIMIT_NOFILE, (worker.num_fds() + 4, before[1]))
    busy = sum(worker.cpu_times()[:2])
    began = time.monotonic()
    with _crowd(machine, 300):
        yield
        spent = (sum(worker.cpu_times()[:2]) - busy) / (time.monotonic() - began)
    worker.rlimit(psutil.RLIMIT_NOFILE, before)
    assert spent < 0.95, f"it spins: {spent:.2f} of a core"


@contextmanager
def slow_sockets(machine: WholeMachine) -> Iterator[None]:
    """2,000 clients that send a byte now and then and never a request."""
    with _crowd(machine, SLOW_SOCKETS, b"GET /"):
        yield


@contextmanager
def _crowd(machine: WholeMachine, size: int, says: bytes = b"") -> Iterator[None]:
    with ExitStack() as crowd:
        for _ in range(size):
            connection = crowd.enter_context(socket.socket())
            connection.setblocking(False)
            with suppress(BlockingIOError):
                connection.connect(("127.0.0.1", machine.port("redirector")))
            with suppress(OSError):
                connection.send(says)
            time.sleep(0.0005)
        yield


def restarted_with(change: Callable[[WholeMachine], dict[str, str]], back: bool = True) -> Breaks:
    """Everything is stopped in good order under load and started with other settings; afterwards, with the old ones."""

    @contextmanager
    def broken(machine: WholeMachine) -> Iterator[None]:
        before = dict(machine.env)
        machine.restart_up(change(machine))
        yield
        if back:
            machine.restart_up(before)

    return broken


def _rotated(machine: WholeMachine) -> dict[str, str]:
    return {"SECRET_KEY": f"a newer secret key of the fault suite,{machine.env['SECRET_KEY']}"}


UNANSWERED = Losses(unanswered=True)
RESTARTED = "a process ended by itself"
PROCESS_FAULTS = (
    Fault("the worker is killed three times", (10,), killed("worker", times=3), Says(log=RESTARTED)),
    Fault("the forwarder is killed", (10,), killed("forwarder"), Says(log=RESTARTED)),
    Fault("the redirector is killed", (26,), killed("redirector"), Says(log=RESTARTED), UNANSWERED),
    Fault("everything is told to stop, 200 live feeds open", (25, 108), feeds_open_at_the_stop, losses=UNANSWERED),
    Fault("no file descriptors left", (26,), out_of_descriptors, losses=UNANSWERED),
    Fault("one of two redirectors stands still for 2 s", (27,), stopped_for(2.0), losses=UNANSWERED, needs="two"),
    Fault("the secret key is rotated", (30,), restarted_with(_rotated, back=False), losses=UNANSWERED),
    Fault("2,000 slow sockets", (32,), slow_sockets),
)
