"""Bringing the ledger's tables up to this version of the program.

Alembic with SQLAlchemy takes as long to import as all else of a process: it is loaded where tables are to be changed.
"""

from typing import Any

import asyncpg

from ledger.connecting import connect
from ledger.database_url import DatabaseAddress, read_database_url
from ledger.revisions import head_revision


async def migrate(database_url: str, revision: str = "head") -> None:
    """Apply what is missing, under a lock, so that any number of processes may call it at once.

    Args:
        revision: the last to apply; a restore fills the tables of the version that the backup is of.

    Raises:
        SchemaTooNewError: the ledger is ahead of this program.
        MigrationError: a change was refused.
        DatabaseUrlError: the URL cannot be read.
        OSError, asyncpg.PostgresError: the server cannot be reached or refuses.
    """
    address = read_database_url(database_url)
    wanted = head_revision() if revision == "head" else revision
    if await _revision_at(address) == wanted:
        return
    from ledger.schema_upgrade import upgrade  # noqa: PLC0415 - see above

    await upgrade(address, wanted)


async def _revision_at(address: DatabaseAddress) -> str | None:
    connection = await connect(address)
    try:
        return await current_revision(connection)
    finally:
        await connection.close()


CURRENT_REVISION = "SELECT version_num FROM alembic_version"


async def current_revision(connection: Any) -> str | None:
    """The revision of a ledger's tables; None where it has none yet. Outside a transaction."""
    try:
        found: str | None = await connection.fetchval(CURRENT_REVISION)
    except asyncpg.UndefinedTableError:
        return None
    return found
