"""A PostgreSQL with a streaming replica, both the embedded one."""

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ledger.migrate import migrate
from stack.engines.postgresql import ENVIRONMENT, SUPERUSER, PostgreSQL, programs_path
from stack.program import Program
from tests.engines import short_directory, start_engine, stop_engine

SMALL = {"shared_buffers": "32MB", "wal_receiver_status_interval": "1s"}


@asynccontextmanager
async def replicated() -> AsyncIterator[tuple[str, str]]:
    """The URLs of the primary, with the ledger's tables, and of its replica."""
    with short_directory() as first, short_directory() as second:
        primary, replica = PostgreSQL(first, SMALL), PostgreSQL(second, SMALL)
        serving = start_engine(primary)
        try:
            await primary.create_database()
            await migrate(primary.url)
            _copy(primary, replica)
            following = start_engine(replica)
            try:
                yield primary.url, replica.url
            finally:
                stop_engine(replica, following)
        finally:
            stop_engine(primary, serving)


def _copy(primary: PostgreSQL, replica: PostgreSQL) -> None:
    replica.directory.mkdir(mode=0o700)
    if replica.account:
        replica.account.owns(replica.data_dir)
        replica.account.owns(replica.directory)
    command = (
        str(programs_path() / "pg_basebackup"), "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
        "-h", str(primary.socket_directory), "-U", SUPERUSER, "-D", str(replica.cluster),
    )  # fmt: skip
    program = Program("pg_basebackup", command, ENVIRONMENT, Path(replica.directory), account=replica.account)
    subprocess.run(command, check=True, capture_output=True, timeout=120, **program.popen_options())
