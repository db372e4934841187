"""A real PgBouncer in front of a PostgreSQL, on loopback, in transaction mode unless told otherwise."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from loadtests.ports import free_port
from stack.engines.account import unprivileged_account
from stack.engines.errors import EngineError, last_log_line
from stack.engines.postgresql import ENVIRONMENT, SUPERUSER
from stack.program import Program
from tests.engines import START_TIMEOUT_S, short_directory, start_program

CONFIG = """\
[databases]
* = host={host} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
max_client_conn = 500
server_login_retry = 1
{settings}
"""


def pgbouncer() -> str:
    """The program; the test is skipped without it."""
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip("pgbouncer is not installed: apt-get install pgbouncer")
    return found


@dataclass(frozen=True)
class Pooler:
    """One that takes connections."""

    port: int

    def url(self, database: str, words: str = "") -> str:
        """`words` as they stand behind the `?`."""
        return f"postgresql://{SUPERUSER}@127.0.0.1:{self.port}/{database}{'?' if words else ''}{words}"


@contextmanager
def running_pooler(server: Path, **settings: str | int) -> Iterator[Pooler]:
    """`server` is the folder of PostgreSQL's socket, `settings` are PgBouncer's. Three sessions serve everybody."""
    program = pgbouncer()
    wanted = {"pool_mode": "transaction", "default_pool_size": 3, **settings}
    with short_directory() as directory:
        port = free_port()
        config = directory / "pgbouncer.ini"
        lines = "\n".join(f"{name} = {value}" for name, value in wanted.items())
        config.write_text(CONFIG.format(host=server, user=SUPERUSER, port=port, settings=lines))
        account = unprivileged_account()  # it refuses root, as PostgreSQL does
        if account:
            account.owns(directory)
            account.owns(config)
        log = directory / "pgbouncer.log"
        process = start_program(
            Program("pgbouncer", (program, str(config)), ENVIRONMENT, directory, log=log, account=account)
        )
        try:
            _wait_for(port, process, log)
            yield Pooler(port)
        finally:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise EngineError(f"pgbouncer did not start: {last_log_line(log)}") from None
        time.sleep(0.01)
