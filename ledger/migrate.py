"""Bringing the ledger's tables up to this version of the program."""

from pathlib import Path
from typing import Any
from uuid import uuid4

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from ledger.connecting import connect
from ledger.database_url import read_database_url

MIGRATION_LOCK = 7_316_214  # arbitrary, the same in every process: two starts at once migrate in turn


class SchemaTooNewError(RuntimeError):
    """The ledger was made by a newer version of Signalpost."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def head_revision() -> str | None:
    """The revision of a ledger that `migrate` has brought up to date."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def knows_revision(revision: str) -> bool:
    """Whether this program has the migration."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _upgrade(connection: Connection, revision: str) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
    config = _config()
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and not knows_revision(current):
        raise SchemaTooNewError(
            f"the ledger is at revision {current}, which this version does not know: install the version that wrote it"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def migrate(database_url: str, revision: str = "head") -> None:
    """Apply what is missing, under a lock, so that any number of processes may call it at once.

    Args:
        revision: the last to apply; a restore fills the tables of the version that the backup is of.

    Raises:
        SchemaTooNewError: the ledger is ahead of this program.
        DatabaseUrlError: the URL cannot be read.
        OSError, asyncpg.PostgresError: the server cannot be reached or refuses.
    """
    address = read_database_url(database_url)
    # our own connection, so that the URL has one reader; a pooler's sessions need names that nobody else has

    def opened() -> Any:
        return PGDialect_asyncpg.import_dbapi().connect(  # type: ignore[no-untyped-call]
            async_creator_fn=lambda: connect(address),
            prepared_statement_cache_size=0,
            prepared_statement_name_func=lambda: f"signalpost_{uuid4().hex}",
        )

    engine = create_async_engine("postgresql+asyncpg://", poolclass=NullPool, creator=opened)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, revision)
    finally:
        await engine.dispose()
