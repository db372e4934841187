"""Workers behind one listening socket: replaced one by one on SIGHUP, and gone when their supervisor is.

The supervisor binds the socket and never accepts. A new worker has to serve before the old one is told to stop, and the
old one answers what still comes over its open connections with `Connection: close` (see `redirector.protocol`): no
connection is refused, and none is closed under a request. Each worker is a fresh interpreter, so SIGHUP also takes up
new code and a changed `.env`.
"""

import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import FrameType

import structlog
import uvicorn

from config import metrics

START_LIMIT_S = 60.0
STOP_LIMIT_S = 9.5  # above what a worker gives its connections and its last batch
RETRY_S = 1.0
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

log = structlog.get_logger()
_spawning = multiprocessing.get_context("spawn")


class _Server(uvicorn.Server):
    """Says when it serves."""

    def __init__(self, config: uvicorn.Config, ready: Connection) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready.send_bytes(b"serving")
        self._ready.close()


def work(config: uvicorn.Config, listener: socket.socket, ready: Connection) -> None:
    """One worker's whole life."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a terminal that closes tells the whole group
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True, name="supervisor").start()
    _Server(config, ready).run([listener])


def _end_with(sentinel: int) -> None:
    """A worker whose supervisor was killed would hold the port against whatever is started next."""
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGKILL)


class Supervisor:
    """Keeps `config.workers` workers serving on the listener."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket) -> None:
        self._config = config
        self._listener = listener
        self._workers: list[SpawnProcess] = []
        self._leaving: list[SpawnProcess] = []
        self._noted: list[int] = []
        self._wake, self._waker = socket.socketpair()
        self._waker.setblocking(False)

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT.

        Raises:
            SystemExit: no worker can start.
        """
        for number in SIGNALS:
            signal.signal(number, self._note)
        signal.set_wakeup_fd(self._waker.fileno())
        try:
            for _ in range(self._config.workers):
                if not self._add_worker() and not self._is_stopping():
                    sys.exit(1)
            while not self._is_stopping():
                self._look_after()
        finally:
            self._stop()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._noted.append(number)

    def _is_stopping(self) -> bool:
        return signal.SIGTERM in self._noted or signal.SIGINT in self._noted

    def _sleep_until(self, events: list[int | Connection], timeout_s: float | None = None) -> None:
        """Return when one of these happens, or a signal comes."""
        if self._wake in wait([self._wake, *events], timeout_s):
            self._wake.recv(64)

    def _look_after(self) -> None:
        if signal.SIGHUP in self._noted:
            self._noted.remove(signal.SIGHUP)
            self._replace_all()
        for worker in [worker for worker in self._leaving if not worker.is_alive()]:
            self._leaving.remove(worker)
            _forget(worker)
        dead = [worker for worker in self._workers if not worker.is_alive()]
        for worker in dead:
            log.error("a worker ended by itself; starting another", pid=worker.pid, status=worker.exitcode)
            self._workers.remove(worker)
            _forget(worker)
        missing = self._config.workers - len(self._workers)
        started = all(self._add_worker() for _ in range(missing))
        if not started and not self._workers and not self._is_stopping():
            sys.exit(1)
        sentinels: list[int | Connection] = [worker.sentinel for worker in (*self._workers, *self._leaving)]
        self._sleep_until(sentinels, None if started else RETRY_S)

    def _replace_all(self) -> None:
        log.info("replacing the workers", workers=len(self._workers))
        for old in list(self._workers):
            if not self._add_worker():
                log.error("a new worker did not start: the old ones go on", pid=old.pid)
                return
            self._workers.remove(old)
            old.terminate()
            self._leaving.append(old)

    def _add_worker(self) -> bool:
        """Start a worker and wait until it serves; False, with nothing left of it, where it does not."""
        ours, theirs = _spawning.Pipe(duplex=False)
        worker = _spawning.Process(target=work, args=(self._config, self._listener, theirs))
        worker.start()
        theirs.close()
        deadline = time.monotonic() + START_LIMIT_S
        with ours:
            while not self._is_stopping() and worker.is_alive() and time.monotonic() < deadline:
                self._sleep_until([ours, worker.sentinel], deadline - time.monotonic())
                if _said_ready(ours):
                    self._workers.append(worker)
                    return True
        worker.kill()
        worker.join()
        _forget(worker)
        return False

    def _stop(self) -> None:
        self._listener.close()  # or the kernel would go on taking connections that nobody answers
        everyone = [*self._workers, *self._leaving]
        for worker in everyone:
            worker.terminate()
        deadline = time.monotonic() + STOP_LIMIT_S
        for worker in everyone:
            worker.join(max(0.0, deadline - time.monotonic()))
            if worker.is_alive():
                log.warning("a worker did not end in time; killing it", pid=worker.pid)
                worker.kill()
                worker.join()


def _forget(worker: SpawnProcess) -> None:
    """The clicks in its spool are counted by whoever takes it over."""
    if worker.pid is not None:
        metrics.forget(worker.pid)


def _said_ready(pipe: Connection) -> bool:
    try:
        return pipe.poll() and bool(pipe.recv_bytes())
    except (EOFError, OSError):  # it ended without a word
        return False
