"""A whole Signalpost in processes of its own, each of which can be killed, stopped and started again, Redis as well."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from config.settings import AllSettings
from loadtests.ports import free_port
from tests.attacks.servers import opened_ledger
from tests.debian_engines import DEBIAN, redis_of
from tests.engines import SessionEngines, short_directory, start_engine
from tests.forwarder.api import SECRET_KEY
from tests.redirector.serving import START_TIMEOUT_S, STOP_TIMEOUT_S
from tests.redirector.wire import ask

PROCESSES = ("redirector", "forwarder", "worker")


class Everything:
    """Redirector, forwarder, worker and Redis; the ledger and the sandbox stay up."""

    def __init__(self, directory: Path, database_url: str, sandbox_url: str) -> None:
        kind = os.environ.get("TEST_ENGINES", "")  # it is killed and started again, so a given server will not do
        self._engine = redis_of(kind if kind == DEBIAN else "", directory)
        self._redis: subprocess.Popen[bytes] | None = None
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.ports = {name: free_port() for name in PROCESSES}
        self.directory, self.database_url, self.sandbox_url = directory, database_url, sandbox_url

    @property
    def redis_url(self) -> str:
        return self._engine.url

    def settings(self) -> AllSettings:
        """As an operator's commands have them."""
        return AllSettings(
            database_url=self.database_url, redis_url=self.redis_url, data_dir=self.directory, secret_key=SECRET_KEY,
            tiktok_api_url=self.sandbox_url, public_url="http://t.test",
        )  # fmt: skip

    def start(self, name: str) -> None:
        ports = {f"{process.upper()}_PORT": str(port) for process, port in self.ports.items()}
        inherited = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "PYTHONPATH"}}
        environment = inherited | ports | {
            "DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url, "DATA_DIR": str(self.directory),
            "SECRET_KEY": SECRET_KEY, "PUBLIC_URL": "http://t.test", "TIKTOK_API_URL": self.sandbox_url,
            "TRUSTED_PROXIES": "127.0.0.0/8",
        }  # fmt: skip
        with self.log(name).open("ab") as output:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "cli", "run", name], env=environment, cwd=self.directory,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip

    def wait_for(self, name: str) -> None:
        """Until it answers; ready is more than it has to be while Redis is away."""
        deadline = time.monotonic() + START_TIMEOUT_S * 3
        while True:
            with suppress(OSError):
                ask(self.ports[name], "/healthz")
                return
            assert self._running[name].poll() is None, self.log(name).read_text()
            assert time.monotonic() < deadline, self.log(name).read_text()
            time.sleep(0.02)

    def kill(self, name: str) -> None:
        """As a crash, or a power cut of this process alone."""
        self._running[name].kill()
        self._running[name].wait(STOP_TIMEOUT_S)

    def stop(self, name: str) -> None:
        """As an operator stops it."""
        self._running[name].terminate()
        assert self._running[name].wait(STOP_TIMEOUT_S * 4) == 0, self.log(name).read_text()

    def log(self, name: str) -> Path:
        return self.directory / f"{name}.log"

    @property
    def has_redis(self) -> bool:
        return self._redis is not None

    def start_redis(self) -> None:
        if self._redis is None:
            self._redis = start_engine(self._engine)

    def kill_redis(self) -> None:
        if self._redis is not None:
            self._redis.kill()
            self._redis.wait(STOP_TIMEOUT_S)
            self._redis = None

    def close(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait(STOP_TIMEOUT_S)
        self.kill_redis()


@contextmanager
def running_everything(engines: SessionEngines, sandbox_url: str) -> Iterator[Everything]:
    """All of it, answering."""
    with ExitStack() as stack:
        directory = stack.enter_context(short_directory())
        ledger = stack.enter_context(opened_ledger(engines, "attacks_everything"))
        everything = Everything(directory, ledger, sandbox_url)
        stack.callback(everything.close)
        everything.start_redis()
        for name in PROCESSES:
            everything.start(name)
        for name in PROCESSES:
            everything.wait_for(name)
        yield everything
