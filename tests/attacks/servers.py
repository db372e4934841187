"""The forwarder and the console as operators run them, as processes that an attack goes to over a socket."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from admin.session import open_session
from admin.users import Role, create_user
from config.secrets import load_keyring
from config.settings import AllSettings
from ledger.pool import open_pool
from loadtests.ports import free_port
from tests.engines import SessionEngines, short_directory
from tests.forwarder.api import KEY, SECRET_KEY, fill_ledger
from tests.redirector.serving import START_TIMEOUT_S, STOP_TIMEOUT_S
from tests.redirector.wire import ask

EMAIL, PASSWORD = "owner@example.com", "kettle-on-the-stove"
SECRETS = (SECRET_KEY, KEY, PASSWORD)
"""What no answer and no line of a log may hold."""


@dataclass(frozen=True, slots=True)
class Server:
    """One running process."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S * 3  # a busy machine
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if ask(self.port, "/readyz").status == 200:
                    return
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"not ready: {self.log.read_text()}")


@contextmanager
def opened_ledger(engines: SessionEngines, name: str) -> Iterator[str]:
    """A database of our own, with two apps, a pixel and an owner of the console in it."""
    database = engines.name(name)
    url = engines.migrated_database(database)
    engines.portal.call(_fill, url)
    try:
        yield url
    finally:
        engines.sql(f"DROP DATABASE {database} WITH (FORCE)")


async def _fill(database_url: str) -> None:
    pool = await open_pool(database_url, 2)
    await fill_ledger(pool, load_keyring(SECRET_KEY, Path()))
    await pool.close()
    settings = AllSettings(database_url=database_url, secret_key=SECRET_KEY)
    async with open_session(settings, actor="cli:tests") as session:
        await create_user(session, EMAIL, Role.OWNER, PASSWORD)


@contextmanager
def running_server(name: str, database_url: str, redis_url: str, **settings: str) -> Iterator[Server]:
    """`signalpost run <name>`, ready, ended afterwards."""
    with short_directory() as directory:
        port = free_port()
        inherited = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "PYTHONPATH"}}
        environment = inherited | {
            "DATABASE_URL": database_url, "REDIS_URL": redis_url, "DATA_DIR": str(directory), "SECRET_KEY": SECRET_KEY,
            f"{name.upper()}_PORT": str(port), **settings,
        }  # fmt: skip
        log = directory / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli", "run", name], env=environment, cwd=directory,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        try:
            server = Server(name, process, port, log)
            server.wait_until_ready()
            yield server
        finally:
            process.terminate()
            process.wait(STOP_TIMEOUT_S)
