"""The servers the redirector is held against, each started here and ended here."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loadtests.ports import free_port

START_LIMIT_S = 10.0
STOP_LIMIT_S = 10.0

NGINX_CONF = """\
worker_processes 1;
daemon off;
master_process on;
pid {directory}/nginx.pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    large_client_header_buffers 4 16k;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 302 https://apps.apple.com/app/id1234567890; }}
    }}
}}
"""


class ContestantError(Exception):
    """A server under test did not start; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A running server that answers 302 at `http://127.0.0.1:{port}{path}`."""

    name: str
    port: int
    pid: int
    path: str


def nginx_path() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/local/bin")


@contextmanager
def nginx(directory: Path) -> Iterator[Contestant | None]:
    """`return 302`, one worker; None where nginx is not installed."""
    program = nginx_path()
    if program is None:
        yield None
        return
    port = free_port()
    config = directory / "nginx.conf"
    config.write_text(NGINX_CONF.format(directory=directory, port=port))
    command = [program, "-p", str(directory), "-e", "stderr", "-c", str(config)]
    with _server("nginx `return 302`", command, port) as contestant:
        yield contestant


@contextmanager
def bare_uvicorn() -> Iterator[Contestant]:
    """uvicorn with uvloop and httptools around a callable that only answers 302."""
    port = free_port()
    options = [
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--no-access-log",
        "--log-level",
        "error",
        "--lifespan",
        "off",
    ]
    command = [sys.executable, "-m", "uvicorn", "loadtests.bare:app", "--port", str(port), *options]
    with _server("bare uvicorn", command, port) as contestant:
        yield contestant


@contextmanager
def _server(name: str, command: list[str], port: int) -> Iterator[Contestant]:
    # output goes nowhere: a pipe nobody reads would stop a server that has something to say
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for_port(name, port, process)
        yield Contestant(name, port, process.pid, "/demo")
    finally:
        stop(process)


def wait_for_port(name: str, port: int, process: subprocess.Popen[bytes]) -> None:
    """Return once the port takes connections.

    Raises:
        ContestantError: it does not within START_LIMIT_S, or the process has ended.
    """
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise ContestantError(f"{name} did not start (exit status {process.poll()})")


def stop(process: subprocess.Popen[bytes], limit_s: float = STOP_LIMIT_S) -> None:
    """Ask a process we started to end, and end it when it does not."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
