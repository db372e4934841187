"""A redirector as operators run it: `signalpost run redirector` on a free port, its links published to a real Redis."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from clicks.connection import connect
from clicks.counts import drain, finish_drain
from clicks.links import Link, Site, publish_links
from clicks.record import Click
from clicks.store import ClickStore
from config.secrets import load_keyring
from config.settings import METRICS_PORT_OFFSET
from loadtests.ports import free_port
from tests.redirector.wire import Reply, ask

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 15.0
SECRET_KEY = "a secret key of the tests alone"

PLAY = "https://play.google.com/store/apps/details?id=com.example.game"
APP_STORE = "https://apps.apple.com/app/id1234567890"
FALLBACK = "https://example.com/game"
LINKS = (
    Link("spring", "app_spring", APP_STORE, PLAY, FALLBACK),
    Link("bare", "app_bare", APP_STORE, PLAY),
    Link("ios-only", "app_ios", ios_url=APP_STORE),
    Link("off", "app_off", APP_STORE, PLAY, FALLBACK, enabled=False),
    Link("no-ttp", "app_no_ttp", APP_STORE, PLAY, FALLBACK, generate_ttp=False),
)


@dataclass
class Redirector:
    """One running redirector process."""

    process: subprocess.Popen[bytes]
    port: int
    data_dir: Path
    redis_url: str
    log: Path

    def wait_until_ready(self, ready: tuple[int, ...] = (200,)) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if ask(self.port, "/readyz").status in ready:
                    return
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"not ready: {self.log.read_text()}")

    def ready_state(self) -> dict[str, object]:
        answer: dict[str, object] = httpx.get(f"http://127.0.0.1:{self.port}/readyz").json()
        return answer

    def metrics(self) -> dict[str, float]:
        """Every sample by its name with labels, as Prometheus writes it."""
        text = httpx.get(f"http://127.0.0.1:{self.port + METRICS_PORT_OFFSET}/metrics").text
        rows = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in rows}

    def metric(self, name: str) -> float:
        """The sum of all samples of this name, whatever their labels."""
        return sum(value for key, value in self.metrics().items() if key.partition("{")[0] == name)

    def is_spool_empty(self) -> bool:
        """By its files: the metric is published once a second, and may still say 0 of before."""
        return not any((self.data_dir / "spool").glob("*.spool"))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(STOP_TIMEOUT_S)

    def stop(self) -> int:
        """The exit status after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_TIMEOUT_S)


UNHURRIED = {"REDIS_BUDGET_MS": "5000"}
"""For tests that look a click up once they have its 302: on a busy machine it would come later, by the spool."""


def start_redirector(redis_url: str, data_dir: Path, **settings: str) -> Redirector:
    """Start a redirector; `settings` are further environment variables. Returns at once."""
    port = free_port()
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.isupper() or name in {"PATH", "HOME", "PYTHONPATH"}
    }
    environment = inherited | {
        "REDIS_URL": redis_url,
        "DATA_DIR": str(data_dir),
        "SECRET_KEY": SECRET_KEY,
        "REDIRECTOR_PORT": str(port),
        "PUBLIC_URL": "http://t.test",
        **settings,
    }
    log = data_dir / "redirector.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "run", "redirector"],
            env=environment,
            cwd=data_dir,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    return Redirector(process, port, data_dir, redis_url, log)


@contextmanager
def running(redis_url: str, data_dir: Path, **settings: str) -> Iterator[Redirector]:
    """A redirector that is ready, ended afterwards."""
    redirector = start_redirector(redis_url, data_dir, **settings)
    try:
        redirector.wait_until_ready()
        yield redirector
    finally:
        if redirector.process.poll() is None:
            redirector.kill()


def publish(redis_url: str, links: tuple[Link, ...] = LINKS, sites: tuple[Site, ...] = ()) -> None:
    async def run() -> None:
        async with connect(redis_url) as redis:
            await publish_links(redis, links, sites)

    asyncio.run(run())


def address_keys() -> tuple[bytes, ...]:
    return load_keyring(SECRET_KEY, Path()).derive("address")


def find_clicks(redis_url: str, address: str) -> list[Click]:
    """As the matcher finds them: by address, over all time."""

    async def run() -> list[Click]:
        async with connect(redis_url) as redis:
            return await ClickStore(redis, address_keys()).find(address, 0, 2**53)

    return asyncio.run(run())


def stored_clicks(redis_url: str) -> list[Click]:
    """Every click in Redis, read from the raw keys, so that one stored twice is seen twice."""

    async def run() -> list[Click]:
        async with connect(redis_url) as redis:
            store = ClickStore(redis, address_keys())
            return [click async for clicks in store.scan(0, 2**53) for click in clicks]

    return asyncio.run(run())


def counted(redis_url: str) -> Counter[tuple[str, str, str]]:
    """Visits by (link, platform, kind) as the ledger would get them; counting starts anew."""

    async def run() -> Counter[tuple[str, str, str]]:
        async with connect(redis_url) as redis:
            drained = await drain(redis)
            if drained is None:
                return Counter()
            await finish_drain(redis, drained)
        visits: Counter[tuple[str, str, str]] = Counter()
        for row in drained.counts:
            visits[row.link, row.platform, row.kind] += row.visits
        return visits

    return asyncio.run(run())


def ttclid(number: int) -> str:
    """A ttclid of TikTok's shape and usual length that names its request."""
    return f"E.C.P.{number:08d}" + "Ab3_-Zx9" * 38


def reconcile(redis_url: str, replies: list[Reply], sent: list[str]) -> None:
    """Each 302 has its click, once, under its own id, and the counts say the same. `sent`: the requests' ttclids."""
    assert [reply.status for reply in replies] == [302] * len(sent)
    clicks = stored_clicks(redis_url)
    by_ttclid = {click.ttclid: click.click_id for click in clicks}
    assert by_ttclid == {value: reply.click_id for value, reply in zip(sent, replies, strict=True)}
    assert len(clicks) == len(sent)
    assert sum(counted(redis_url).values()) == len(sent)


def wait_for(what: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until `what()` is true; fails loudly where it never is."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
