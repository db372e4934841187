"""A PostgreSQL with a streaming replica, both the embedded one."""

import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from ledger.migrate import migrate
from stack.engines.postgresql import ENVIRONMENT, SUPERUSER, PostgreSQL, programs_path
from stack.program import Program
from tests.engines import short_directory, start_engine, stop_engine
from tests.ledger.waiting import until

SMALL = {"shared_buffers": "32MB", "wal_receiver_status_interval": "1s"}
SYNCHRONOUS = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"


@dataclass
class Pair:
    """A primary and its replica, running."""

    primary: PostgreSQL
    replica: PostgreSQL
    serving: subprocess.Popen[bytes]

    async def commit_on_both(self) -> None:
        """From now on the primary tells of no commit that the replica has not on its disk."""
        connection = await asyncpg.connect(self.primary.database_url("postgres"))
        await connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")  # in the primary's own files
        await connection.execute("SELECT pg_reload_conf()")

        async def both() -> bool:
            return await connection.fetchval(SYNCHRONOUS) is not None

        await until(both)
        await connection.close()

    def crash_primary(self) -> None:
        """All of its processes end at once, without a word to anybody."""
        self.serving.send_signal(signal.SIGQUIT)
        self.serving.wait(60)

    def promote_replica(self) -> None:
        """Return when it takes writes."""
        _run(self.replica, str(programs_path() / "pg_ctl"), "promote", "--wait", "-D", str(self.replica.cluster))


@asynccontextmanager
async def replicated_pair() -> AsyncIterator[Pair]:
    """The primary has the ledger's tables."""
    with short_directory() as first, short_directory() as second:
        primary, replica = PostgreSQL(first, SMALL), PostgreSQL(second, SMALL)
        serving = start_engine(primary)
        try:
            await primary.create_database()
            await migrate(primary.url)
            _copy(primary, replica)
            following = start_engine(replica)
            try:
                yield Pair(primary, replica, serving)
            finally:
                stop_engine(replica, following)
        finally:
            stop_engine(primary, serving)


@asynccontextmanager
async def replicated() -> AsyncIterator[tuple[str, str]]:
    """The URLs of the primary, with the ledger's tables, and of its replica."""
    async with replicated_pair() as pair:
        yield pair.primary.url, pair.replica.url


def _copy(primary: PostgreSQL, replica: PostgreSQL) -> None:
    replica.directory.mkdir(mode=0o700)
    if replica.account:
        replica.account.owns(replica.data_dir)
        replica.account.owns(replica.directory)
    _run(
        replica,
        *(str(programs_path() / "pg_basebackup"), "--write-recovery-conf", "--checkpoint=fast", "--no-sync"),
        *("-h", str(primary.socket_directory), "-U", SUPERUSER, "-D", str(replica.cluster)),
    )


def _run(engine: PostgreSQL, *command: str) -> None:
    """As the account of the engine."""
    program = Program("of PostgreSQL", command, ENVIRONMENT, Path(engine.directory), account=engine.account)
    subprocess.run(command, check=True, capture_output=True, timeout=120, **program.popen_options())
