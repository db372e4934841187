"""What asyncpg raises while PostgreSQL is away, is being restarted or cannot write: waiting mends it."""

from typing import Final

import asyncpg

LEDGER_FAILED: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What PostgreSQL raises, away or not: for reading, where the last answer or a 503 serves whatever the cause."""
LEDGER_AWAY: Final = (
    OSError,  # asyncpg's when nothing listens; TimeoutError is one too
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg makes of a connection that ends in the middle of an answer
    asyncpg.OperatorInterventionError,  # shutting down, starting up, a statement that took too long
    asyncpg.InsufficientResourcesError,  # disk full, too many connections
    asyncpg.PostgresSystemError,  # its disk
    asyncpg.ReadOnlySQLTransactionError,  # a standby, before or after a failover
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionTimeoutError,
    asyncpg.InvalidAuthorizationSpecificationError,  # a password that was changed
    asyncpg.InvalidCatalogNameError,  # a database that is being restored
)
"""A transaction that ends with one of these has changed nothing that was told."""
