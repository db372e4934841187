"""Alembic, which applies the migrations that are missing. `ledger.migrate` loads this where there are any."""

from pathlib import Path
from typing import Any
from uuid import uuid4

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from ledger.connecting import connect
from ledger.database_url import DatabaseAddress
from ledger.revisions import MigrationError, SchemaTooNewError, knows_revision

MIGRATION_LOCK = 7_316_214  # arbitrary, the same in every process: two starts at once migrate in turn


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


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


async def upgrade(address: DatabaseAddress, revision: str) -> None:
    """Apply what is missing up to a revision, under a lock. Raises as `ledger.migrate.migrate`."""
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
    except DBAPIError as error:
        raise MigrationError(str(error)) from error
    finally:
        await engine.dispose()
