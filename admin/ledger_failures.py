"""What PostgreSQL refuses or breaks off, as the sentence that refuses the act."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg

from admin.refusal import Refused
from admin.shown_url import without_password
from ledger.locked_out import LOCKED_OUT
from ledger.migrate import migrate
from ledger.outages import LEDGER_AWAY, LEDGER_FAILED
from ledger.revisions import MigrationError, SchemaTooNewError

_FAILED: Final = (
    *(error for error in LEDGER_AWAY if error is not OSError),  # a file of the act's own may raise that as well
    ConnectionRefusedError,
    ConnectionResetError,
    TimeoutError,
    *LOCKED_OUT,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
)
_OLD_TABLES: Final = "its tables are of another version: `signalpost migrate` brings them up to this one"
_WAYS_OUT: Final = (
    (
        asyncpg.ReadOnlySQLTransactionError,
        "lead DATABASE_URL to the primary, or name both (h1:5432,h2:5432)",
    ),
    (
        asyncpg.InsufficientPrivilegeError,
        "give its role the rights of the tables' owner, or let DATABASE_URL name that",
    ),
    (asyncpg.UndefinedTableError, _OLD_TABLES),
    (asyncpg.UndefinedColumnError, _OLD_TABLES),
)
_OTHERWISE: Final = "see whether it was done before you repeat it; `signalpost doctor` says what is wrong"


def reason_of(error: BaseException) -> str:
    """An engine's own words, on one line."""
    return (str(error) or type(error).__name__).splitlines()[0][:200]


@contextmanager
def refused_by_ledger(database_url: str) -> Iterator[None]:
    """Whatever goes wrong with PostgreSQL inside the block becomes one sentence.

    Raises:
        Refused: it went away, cannot write, has other tables, or cannot take a text that is not UTF-8.
    """
    try:
        yield
    except asyncpg.DataError as error:
        if isinstance(error.__cause__, UnicodeEncodeError):
            raise Refused("what was given is not text in UTF-8: type it anew, or set LC_ALL=C.UTF-8") from None
        raise
    except _FAILED as error:
        way_out = next((way for kind, way in _WAYS_OUT if isinstance(error, kind)), _OTHERWISE)
        where = without_password(database_url)
        raise Refused(f"PostgreSQL at {where} failed ({reason_of(error)}): {way_out}") from None


async def bring_up_to_date(database_url: str) -> None:
    """Apply what is missing of the ledger's tables.

    Raises:
        Refused: it does not let us in, a change was refused, or it is of a later version.
    """
    try:
        await migrate(database_url)
    except SchemaTooNewError as error:
        raise Refused(str(error)) from None
    except (*LEDGER_FAILED, MigrationError) as error:
        where = without_password(database_url)
        raise Refused(
            f"the ledger's tables at {where} cannot be brought up to date ({reason_of(error)}): "
            "check DATABASE_URL; its role must be the tables' owner, or may make them"
        ) from None
