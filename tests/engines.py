"""The engines the tests run on, started once per session in a directory of their own, unless servers are given."""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
from anyio.from_thread import BlockingPortal, start_blocking_portal

from ledger.migrate import migrate
from ledger.partitioning import partition
from ledger.partitions import PARTITION_KEYS, KeyRange, Layout, make_partition
from ledger.pool import open_pool
from loadtests import valkey_cluster
from stack.engines.errors import EngineError, last_log_line
from stack.engines.postgresql import PostgreSQL
from stack.engines.valkey import Valkey
from stack.program import Program
from tests.debian_engines import postgresql_of, redis_of
from tests.given_engines import DATABASE_URL, REDIS_URL, GivenPostgreSQL, GivenRedis
from tests.redis_clients import open_redis

START_TIMEOUT_S = 60.0
CLUSTER = "cluster"  # of three Valkeys; PostgreSQL is the embedded one
OURS = "signalpost_test"  # the names of all databases of the tests begin so
DATABASES = "SELECT datname FROM pg_database WHERE starts_with(datname, $1)"
# a power cut may destroy the tests' data
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "64MB"}


def start_program(program: Program) -> subprocess.Popen[bytes]:
    assert program.log is not None
    with program.log.open("ab") as log:
        return subprocess.Popen(
            program.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **program.popen_options()
        )


def wait_until_ready(engine: Valkey | PostgreSQL, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not engine.ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise EngineError(f"{engine.title} did not start: {last_log_line(engine.log)}")
        time.sleep(0.01)


def start_engine(engine: Valkey | PostgreSQL) -> subprocess.Popen[bytes]:
    """Start the engine and return once it answers."""
    process = start_program(engine.prepare())
    wait_until_ready(engine, process)
    return process


def stop_engine(engine: Valkey | PostgreSQL, process: subprocess.Popen[bytes]) -> None:
    process.send_signal(engine.stop_signal)
    process.wait(START_TIMEOUT_S)


@contextmanager
def short_directory() -> Iterator[Path]:
    """A temporary directory whose path is short enough for a Unix socket (pytest's own may not be)."""
    directory = Path(tempfile.mkdtemp(prefix="sp-"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@dataclass
class SessionEngines:
    """Both engines of one test session."""

    valkey: Valkey | GivenRedis
    postgresql: PostgreSQL | GivenPostgreSQL
    portal: BlockingPortal
    admin: asyncpg.Connection
    _prefix: str = field(default_factory=lambda: f"{OURS}_{secrets.token_hex(4)}")
    _databases: "dict[Layout, SharedDatabase]" = field(default_factory=dict)

    def sql(self, statement: str) -> Any:
        return self.portal.call(self.admin.execute, statement)

    def empty_redis(self) -> str:
        """Remove every key; the URL."""
        with open_redis(self.valkey.url) as client:
            client.flushall()
            client.config_resetstat()
        return self.valkey.url

    def name(self, kind: str) -> str:
        """A new one, for a database."""
        return f"{self._prefix}_{kind}_{secrets.token_hex(4)}"

    def new_database(self, kind: str = "new") -> str:
        """The URL of one without a table."""
        name = self.name(kind)
        self.sql(f"CREATE DATABASE {name}")
        return self.postgresql.database_url(name)

    def make_template(self) -> None:
        """One migrated database, which the tests' own is a copy of."""
        self.sql(f"CREATE DATABASE {self._prefix}")
        self.portal.call(migrate, self.postgresql.database_url(self._prefix))

    def drop_databases(self) -> None:
        """All that these tests have made."""
        for database in self._databases.values():
            database.close()
        for row in self.portal.call(self.admin.fetch, DATABASES, self._prefix):
            self.sql(f"DROP DATABASE {row['datname']} WITH (FORCE)")

    @contextmanager
    def empty_database(self, layout: Layout = "plain") -> Iterator[str]:
        """The URL of a migrated database without a row in it: emptying one takes a hundredth of making one."""
        database = self._databases.get(layout) or self._make_database(layout)
        if not database.is_as_made():
            database.drop()
            database = self._make_database(layout)
        database.empty()
        self._databases[layout] = database
        yield database.url

    def migrated_database(self, name: str) -> str:
        """The URL of a new one with all tables and no row."""
        # said from 15 on, the only way there was before
        how = "STRATEGY file_copy" if self.admin.get_server_version().major >= 15 else ""
        self.sql(f"CREATE DATABASE {name} TEMPLATE {self._prefix} {how}")
        return self.postgresql.database_url(name)

    def _make_database(self, layout: Layout) -> "SharedDatabase":
        name = self.name("ledger")
        url = self.migrated_database(name)
        if layout == "partitioned":
            self.portal.call(_in_partitions, url)
        return SharedDatabase(self, name)


async def _in_partitions(url: str) -> None:
    """Make a ledger of partitions of it, the first of so few events each that a test meets several."""
    async with await open_pool(url, max_size=2) as pool:
        first = await partition(pool, lambda _: None, 4)
        tops = [*range(first.top, 48, 4), PARTITION_KEYS]
        async with pool.acquire() as connection, connection.transaction():
            for bottom, top in pairwise(tops):
                await make_partition(connection, KeyRange(top, bottom))


CATALOGUE = """
SELECT (SELECT string_agg(relname, ',' ORDER BY oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
    (SELECT string_agg(tgname, ',' ORDER BY oid) FROM pg_trigger),
    (SELECT string_agg(proname, ',' ORDER BY oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
"""
TABLES = """
SELECT tablename FROM pg_tables
WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'directory_version')
"""
SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
# what was counted of another test's rows would make other plans of the next one's statements
FORGET_STATISTICS = """
DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace);
UPDATE pg_class SET reltuples = -1, relpages = 0, relallvisible = 0
WHERE relnamespace = 'public'::regnamespace AND reltuples <> -1
"""
END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class SharedDatabase:
    """One migrated database, emptied before each test; a test that changed the schema costs a new one."""

    def __init__(self, engines: SessionEngines, name: str) -> None:
        self.url = engines.postgresql.database_url(name)
        self._engines = engines
        self._name = name
        self._connect()
        tables = [row[0] for row in engines.portal.call(self._connection.fetch, TABLES)]
        sequences = [row[0] for row in engines.portal.call(self._connection.fetch, SEQUENCES)]
        deletes = [f"DELETE FROM {table}" for table in tables]  # noqa: S608 -- names out of the catalogue
        restarts = [f"ALTER SEQUENCE {sequence} RESTART" for sequence in sequences]
        self._cleaning = ";".join([*deletes, *restarts, FORGET_STATISTICS])
        self._as_made = self._catalogue()

    def _connect(self) -> None:
        self._connection = self._engines.portal.call(asyncpg.connect, self.url)
        # no order among foreign keys
        self._engines.portal.call(self._connection.execute, "SET session_replication_role = replica")

    def _catalogue(self) -> tuple[str | None, ...]:
        return tuple(self._engines.portal.call(self._connection.fetchrow, CATALOGUE))

    def is_as_made(self) -> bool:
        if self._connection.is_closed():  # a test ended every session
            self._connect()
        return self._catalogue() == self._as_made

    def empty(self) -> None:
        self._engines.portal.call(self._connection.execute, END_OTHERS)
        self._engines.portal.call(self._connection.execute, self._cleaning)

    def close(self) -> None:
        self._engines.portal.call(self._connection.close)

    def drop(self) -> None:
        self.close()
        self._engines.sql(f"DROP DATABASE {self._name} WITH (FORCE)")


@contextmanager
def ended_with_us(processes: list[subprocess.Popen[bytes]]) -> Iterator[None]:
    """End the engines also where the tests are killed: a shell waits for its input, which closes with us."""
    pids = [str(process.pid) for process in processes]
    command = ["sh", "-c", 'read line; kill -INT "$@"', "sh", *pids]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True) as watch:
        try:
            yield
        finally:
            watch.kill()


@contextmanager
def session_engines() -> Iterator[SessionEngines]:
    """Start what is not given, and end it by process id.

    Raises:
        EngineError: an engine cannot be started, or a given one cannot be used; the text has the way out.
    """
    kind, redis_url = os.environ.get("TEST_ENGINES", ""), os.environ.get(REDIS_URL, "")
    with ExitStack() as stack:
        directory, portal = stack.enter_context(short_directory()), stack.enter_context(start_blocking_portal())
        own_kind = "" if kind == CLUSTER else kind
        valkey: Valkey | GivenRedis = redis_of(own_kind, directory)
        if redis_url:
            valkey = GivenRedis(redis_url)
            valkey.take()
        elif kind == CLUSTER:
            valkey = GivenRedis(stack.enter_context(_running_cluster(directory)))
        given = os.environ.get(DATABASE_URL, "")
        postgresql = GivenPostgreSQL(given) if given else postgresql_of(own_kind, directory, FAST)
        own = [engine for engine in (valkey, postgresql) if isinstance(engine, (Valkey, PostgreSQL))]
        stack.enter_context(_running(own))
        admin = _signed_in(postgresql, portal)
        engines = SessionEngines(valkey, postgresql, portal, admin)
        engines.make_template()
        yield engines
        engines.drop_databases()
        engines.empty_redis()
        portal.call(admin.close)


@contextmanager
def _running(engines: list[Valkey | PostgreSQL]) -> Iterator[None]:
    started = [(engine, start_program(engine.prepare())) for engine in engines]
    try:
        with ended_with_us([process for _, process in started]):
            for engine, process in started:
                wait_until_ready(engine, process)
            yield
    finally:
        for engine, process in started:
            stop_engine(engine, process)


@contextmanager
def _running_cluster(directory: Path) -> Iterator[str]:
    """The URL of one that is this session's own."""
    with (
        valkey_cluster.running_cluster(directory, append_only=True) as cluster,
        ended_with_us([node.process for node in cluster.nodes]),
    ):
        yield cluster.url


def _signed_in(postgresql: PostgreSQL | GivenPostgreSQL, portal: BlockingPortal) -> asyncpg.Connection:
    if isinstance(postgresql, GivenPostgreSQL):
        return postgresql.sign_in(portal)
    return portal.call(asyncpg.connect, postgresql.database_url("postgres"))
