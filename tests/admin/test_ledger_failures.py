"""What PostgreSQL breaks off in the middle of an act is a sentence with the way out."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from admin.ledger_failures import bring_up_to_date, refused_by_ledger
from admin.refusal import Refused
from admin.session import open_session
from config.settings import AllSettings

URL = "postgresql://me:hush@db.example.com/signalpost"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (asyncpg.ReadOnlySQLTransactionError("cannot execute UPDATE"), "lead DATABASE_URL to the primary"),
        (asyncpg.InsufficientPrivilegeError("permission denied for table apps"), "the tables' owner"),
        (asyncpg.UndefinedColumnError("column x does not exist"), "signalpost migrate"),
        (asyncpg.UndefinedTableError("relation x does not exist"), "signalpost migrate"),
        (asyncpg.DiskFullError("could not extend file"), "could not extend file"),
        (asyncpg.ConnectionDoesNotExistError("closed in the middle"), "signalpost doctor"),
        (asyncpg.AdminShutdownError("terminating connection"), "signalpost doctor"),
        (asyncpg.LockNotAvailableError("lock timeout"), "lock timeout"),
        (ConnectionRefusedError(111, "refused"), "signalpost doctor"),
        (TimeoutError(), "TimeoutError"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_failure_names_the_server_its_words_and_the_way_out(error: Exception, said: str) -> None:
    with pytest.raises(Refused) as refused, refused_by_ledger(URL):
        raise error
    assert "db.example.com" in str(refused.value)
    assert said in str(refused.value)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    "error",
    [asyncpg.UniqueViolationError("duplicate key"), FileNotFoundError(2, "no file"), BrokenPipeError(32, "pipe")],
)
def test_what_is_not_the_ledgers_state_is_not_taken_for_it(error: Exception) -> None:
    with pytest.raises(type(error)), refused_by_ledger(URL):
        raise error


def test_a_text_that_is_not_utf_8_is_refused(database_url: str, data_dir: Path) -> None:
    async def ask() -> None:
        async with open_session(AllSettings(database_url=database_url, data_dir=data_dir)) as session:
            await session.database.fetchval("SELECT $1::text", "\udcff")

    with pytest.raises(Refused, match="UTF-8"):
        asyncio.run(ask())


def test_tables_that_cannot_be_made_are_refused_with_the_setting() -> None:
    with pytest.raises(Refused, match=r"127\.0\.0\.1:9.*DATABASE_URL"):
        asyncio.run(bring_up_to_date("postgresql://me:hush@127.0.0.1:9/x"))
