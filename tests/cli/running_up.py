"""A real `signalpost up` as a child process, with ports and a DATA_DIR of its own."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psutil

from config.runfile import runfile_path
from config.settings import AllSettings
from loadtests.ports import free_ports

PATIENCE_S = 60.0
PORT_SETTINGS = ("REDIRECTOR_PORT", "FORWARDER_PORT", "SANDBOX_PORT", "WORKER_PORT", "CONSOLE_PORT")


def environment(data_dir: Path) -> dict[str, str]:
    """None of the machine's own settings; free ports."""
    clean = {name: value for name, value in os.environ.items() if name.lower() not in AllSettings.model_fields}
    ports = dict(zip(PORT_SETTINGS, map(str, free_ports(len(PORT_SETTINGS))), strict=True))
    return {**clean, **ports, "DATA_DIR": str(data_dir), "NO_PROXY": "127.0.0.1"}


def signalpost(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "cli", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


class RunningUp:
    """One `up`. `lines` are those it printed up to `ready`; its log goes to `log`, or where the test's own goes."""

    def __init__(self, env: dict[str, str], *options: str, log: IO[bytes] | None = None) -> None:
        self.env = env
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "cli", "up", *options], env=env, stdout=subprocess.PIPE, stderr=log, text=True
        )
        self.lines = self._until_ready()
        self.everything = self.process_tree()

    def _until_ready(self) -> list[str]:
        printed: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(printed,), daemon=True).start()
        lines: list[str] = []
        while not (lines and lines[-1].startswith("ready")):
            line = printed.get(timeout=PATIENCE_S)
            assert line is not None, "up ended before it was ready"
            lines.append(line.rstrip("\n"))
        return lines

    def _read(self, printed: "queue.Queue[str | None]") -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            printed.put(line)
        printed.put(None)

    def process_tree(self) -> list[psutil.Process]:
        up = psutil.Process(self.process.pid)
        return [up, *up.children(recursive=True)]

    def runfile(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(runfile_path(Path(self.env["DATA_DIR"])).read_text())
        return content

    def stop(self, number: int = signal.SIGINT) -> int:
        """The exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def left_over(self) -> list[psutil.Process]:
        """What still runs of all that ran when it was ready."""
        return [process for process in self.everything if _runs(process)]


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it has ended between the two
        return False


@contextmanager
def running_up(env: dict[str, str], *options: str, log: IO[bytes] | None = None) -> Iterator[RunningUp]:
    up = RunningUp(env, *options, log=log)
    try:
        yield up
    finally:
        if up.process.poll() is None:
            up.stop(signal.SIGTERM)
        for process in up.left_over():
            process.kill()
