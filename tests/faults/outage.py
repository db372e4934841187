"""A redirector with a Valkey of its own that a test may break, and clicks that are reconciled afterwards."""

import asyncio
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis

from stack.engines.valkey import Valkey
from tests.engines import short_directory, start_engine, stop_engine
from tests.redirector.serving import LINKS, Redirector, publish, reconcile, running, stored_clicks, ttclid, wait_for
from tests.redirector.wire import Reply, ask_many, request

ANSWER_WITHIN_S = 1.0  # the contract says 50 ms plus work; this machine is shared


@dataclass
class Outage:
    """The redirector, its Valkey, and the ttclids and replies so far."""

    directory: Path
    valkey: Valkey
    engine: subprocess.Popen[bytes]
    redirector: Redirector
    sent: list[str] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)

    @property
    def redis_url(self) -> str:
        return self.valkey.url

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.valkey.url)

    def click(self, clicks: int, connections: int = 20, more: str = "") -> float:
        """Send this many distinct clicks, with `more` in their query; the seconds until all are answered."""
        tokens = [ttclid(len(self.sent) + number) for number in range(clicks)]
        started = time.monotonic()
        self.replies += asyncio.run(
            ask_many(self.redirector.port, [request(f"/spring?ttclid={token}{more}") for token in tokens], connections)
        )
        self.sent += tokens
        return time.monotonic() - started

    @contextmanager
    def clicking(self) -> Iterator[None]:
        """Clicks all the while, from another thread."""
        stopping = threading.Event()

        def click_on() -> None:
            while not stopping.is_set():
                self.click(100)

        thread = threading.Thread(target=click_on)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()

    def answers_within_a_second(self) -> None:
        """Each of a few clicks, one after another, is a 302 in time."""
        for _ in range(5):
            assert self.click(1) < ANSWER_WITHIN_S
            assert self.replies[-1].status == 302

    def kill_engine(self) -> None:
        self.engine.kill()
        self.engine.wait()

    def restart_engine(self) -> None:
        self.engine = start_engine(self.valkey)

    def is_drained(self) -> bool:
        return not list(self.redirector.data_dir.glob("spool/*.spool")) and len(stored_clicks(self.redis_url)) >= len(
            self.sent
        )

    def reconcile(self) -> None:
        """Every 302 has its click, once, and the counts say the same."""
        wait_for(self.is_drained)
        reconcile(self.redis_url, self.replies, self.sent)


@contextmanager
def outage(data_dir: Path | None = None, **settings: str) -> Iterator[Outage]:
    """`data_dir` is the redirector's, where it must not be that of its Valkey."""
    with short_directory() as directory:
        valkey = Valkey(directory)
        engine = start_engine(valkey)
        started = None
        try:
            publish(valkey.url, LINKS)
            with running(valkey.url, data_dir or directory, **settings) as redirector:
                started = Outage(directory, valkey, engine, redirector)
                yield started
        finally:
            last = started.engine if started is not None else engine
            if last.poll() is None:
                stop_engine(valkey, last)
