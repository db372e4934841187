"""Bringing the ledger's tables up to this version of the program."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

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


def _upgrade(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise SchemaTooNewError(
            f"the ledger is at revision {current}, which this version does not know: install the version that wrote it"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def migrate(database_url: str) -> None:
    """Apply what is missing, under a lock, so that any number of processes may call it at once.

    Raises:
        SchemaTooNewError: the ledger is ahead of this program.
        OSError, asyncpg.PostgresError: the server cannot be reached or refuses.
    """
    engine = create_async_engine(sqlalchemy_url(database_url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def sqlalchemy_url(database_url: str) -> str:
    """`postgresql://...` with SQLAlchemy's name for the asyncpg driver."""
    return "postgresql+asyncpg://" + database_url.split("://", 1)[1]
