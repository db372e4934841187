"""Signalpost as its users run it: `signalpost up --demo` in a data directory of its own, driven by its commands."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from loadtests.contestants import Contestant, ContestantError, stop
from loadtests.ports import free_ports

START_LIMIT_S = 90.0
STOP_LIMIT_S = 45.0  # the processes' time to finish, then the engines'
PORTS = ("REDIRECTOR_PORT", "FORWARDER_PORT", "CONSOLE_PORT", "SANDBOX_PORT", "WORKER_PORT")
# what would lead it to other code than its interpreter's, to somebody's real engines or real TikTok account
NOT_INHERITED = (
    "PYTHONPATH",
    "REDIS_URL",
    "DATABASE_URL",
    "SECRET_KEY",
    "PUBLIC_URL",
    "CONSOLE_URL",
    "HOST",
    "TIKTOK_API_URL",
)


def environment_of(data_dir: Path) -> dict[str, str]:
    """Ports and a data directory of its own, and nothing that leads elsewhere."""
    ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    return {
        **inherited,
        **ports,
        "DATA_DIR": str(data_dir),
        "TRUSTED_PROXIES": "127.0.0.0/8",
        "LOG_LEVEL": "warning",
    }


class Product:
    """A running `signalpost up --demo`. Ends with everything it started when the block ends."""

    def __init__(self, directory: Path, python: str = sys.executable, **settings: str) -> None:
        """`directory` is ours alone and its path short: the engines' sockets lie in it. `python` is the interpreter
        that imports it, `settings` as in its .env.
        """
        self._directory = directory
        self._python = python
        self._data_dir = directory / "data"
        self._environment = {**environment_of(self._data_dir), **settings}
        self._up: subprocess.Popen[bytes] | None = None
        self._stopped: set[int] = set()
        self._doctor: dict[str, Any] = {}
        self.demo: dict[str, str] = {}

    def __enter__(self) -> "Product":
        log = self._directory / "up.log"
        with log.open("wb") as output:
            self._up = subprocess.Popen(
                [self._python, "-P", "-m", "cli", "up", "--demo", *self._options_of_up()],
                cwd=self._directory,  # away from any .env
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_ready(self._up, log)
            self._doctor = self.command("doctor")
            self.demo = json.loads((self._data_dir / "demo.json").read_text())
        except BaseException:
            self.__exit__()
            raise
        return self

    def _options_of_up(self) -> list[str]:
        """`--no-history`, which earlier commits do not know: they never made one."""
        asked = [self._python, "-P", "-m", "cli", "up", "--help"]
        wide = {**self._environment, "COLUMNS": "200", "NO_COLOR": "1"}
        done = subprocess.run(asked, cwd=self._directory, env=wide, capture_output=True, text=True, check=False)
        return ["--no-history"] if "--no-history" in done.stdout else []

    @staticmethod
    def _wait_until_ready(up: subprocess.Popen[bytes], log: Path) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and up.poll() is None:
            if any(line.startswith("ready") for line in log.read_text(errors="replace").splitlines()):
                return
            time.sleep(0.1)
        raise ContestantError(f"signalpost up did not become ready:\n{log.read_text(errors='replace')[-2000:]}")

    def __exit__(self, *_: object) -> None:
        for pid in list(self._stopped):
            with suppress(ProcessLookupError):  # it has died meanwhile
                self.resume(pid)
        if self._up is not None:
            stop(self._up, STOP_LIMIT_S)

    def lines(self, *arguments: str) -> list[str]:
        """The lines that a `signalpost` command prints."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "cli", *arguments],
            cwd=self._directory, env=self._environment, capture_output=True, text=True, timeout=600, check=True,
        )  # fmt: skip
        return done.stdout.splitlines()

    def program(self, text: str, given: str) -> str:
        """What a Python program prints that its interpreter runs in its environment, `given` on standard input."""
        done = subprocess.run(
            [self._python, "-P", "-c", text], input=given,
            cwd=self._directory, env=self._environment, capture_output=True, text=True, timeout=600, check=True,
        )  # fmt: skip
        return done.stdout

    def command(self, *arguments: str) -> Any:
        """The JSON value a `signalpost` command prints.

        Raises:
            ContestantError: it refused.
        """
        done = subprocess.run(
            [self._python, "-P", "-m", "cli", *arguments, "--json"],
            cwd=self._directory,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if not done.stdout.strip():
            raise ContestantError(f"signalpost {' '.join(arguments)}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    @property
    def redis_url(self) -> str:
        return str(self._doctor["engines"]["redis"]["url"])

    @property
    def database_url(self) -> str:
        return str(self._doctor["engines"]["postgresql"]["url"])

    @property
    def redis_pid(self) -> int:
        return int(self._doctor["engines"]["redis"]["pid"])

    @property
    def postgres_pid(self) -> int:
        return int(self._doctor["engines"]["postgresql"]["pid"])

    def pid(self, process: str) -> int:
        return int(self._doctor["processes"][process]["pid"])

    def contestant(self, process: str, path: str) -> Contestant:
        """One of the product's processes as a server to load."""
        port = int(self._doctor["processes"][process]["url"].rsplit(":", 1)[1].strip("/"))
        return Contestant(process, port, self.pid(process), path)

    @contextmanager
    def another(self, process: str, **settings: str) -> Iterator[int]:
        """A process more of this kind, ended by SIGTERM; its pid."""
        started = subprocess.Popen(
            [sys.executable, "-P", "-m", "cli", "run", process],
            cwd=self._directory,
            env=self._environment | settings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield started.pid
        finally:
            stop(started, STOP_LIMIT_S)

    def halt(self, pid: int) -> None:
        """Stop one of the product's processes where it stands, so that it neither works nor is restarted."""
        os.kill(pid, signal.SIGSTOP)
        self._stopped.add(pid)

    def resume(self, pid: int) -> None:
        os.kill(pid, signal.SIGCONT)
        self._stopped.discard(pid)
