"""What is an outage of PostgreSQL, and what is a mistake."""

import asyncpg
import pytest

from ledger.outages import LEDGER_AWAY, LEDGER_FAILED


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.AdminShutdownError("terminating connection due to administrator command"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.DiskFullError("could not extend file"),
        asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_waiting_mends_is_an_outage(error: Exception) -> None:
    assert isinstance(error, LEDGER_AWAY)
    assert isinstance(error, LEDGER_FAILED)


@pytest.mark.parametrize("kind", [asyncpg.UniqueViolationError, asyncpg.UndefinedColumnError, asyncpg.DataError])
def test_a_mistake_is_none(kind: type[Exception]) -> None:
    assert not issubclass(kind, LEDGER_AWAY)


def test_any_of_our_own_errors_is_none() -> None:
    assert not isinstance(ValueError("a mistake of ours"), LEDGER_FAILED)
