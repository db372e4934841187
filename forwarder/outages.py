"""An engine that restarts: told apart from a mistake, waited for, and said in the log once."""

import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import anyio
import asyncpg
import structlog
from redis.exceptions import RedisError

log = structlog.get_logger()

T = TypeVar("T")

LEDGER_FAILED: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What PostgreSQL raises, away or not: for reading, where the last answer or a 503 serves whatever the cause."""
ENGINE_AWAY: Final = (
    OSError,  # asyncpg's when nothing listens; TimeoutError is one too
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,  # shutting down, starting up
    asyncpg.InsufficientResourcesError,  # disk full, too many connections
    asyncpg.ReadOnlySQLTransactionError,
    RedisError,
)
FIRST_WAIT_S: Final = 0.25
LONGEST_WAIT_S: Final = 10.0
SAY_EVERY_S: Final = 60.0


def wait_after(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 0.25 doubling to 10."""
    return min(FIRST_WAIT_S * (1 << min(failures - 1, 10)), LONGEST_WAIT_S)


async def persist(attempt: Callable[[], Awaitable[T]], within_s: float) -> T:
    """Repeat what may safely be repeated while its engine is away.

    Raises:
        one of ENGINE_AWAY: it is still away after `within_s` seconds.
    """
    give_up = time.monotonic() + within_s
    failures = 0
    while True:
        try:
            return await attempt()
        except ENGINE_AWAY:
            failures += 1
            if time.monotonic() + wait_after(failures) > give_up:
                raise
            await anyio.sleep(wait_after(failures))


class OutageLog:
    """One line per engine and minute, however many tasks stumble over it."""

    def __init__(self) -> None:
        self._said: dict[str, float] = {}

    def away(self, error: BaseException, engine: str | None = None) -> None:
        """`engine` names it where the error does not say: a socket's error may be either's."""
        engine = engine or ("redis" if isinstance(error, RedisError) else "postgresql")
        now = time.monotonic()
        if now - self._said.get(engine, -SAY_EVERY_S) >= SAY_EVERY_S:
            self._said[engine] = now
            log.warning("engine away, trying again until it is back", engine=engine, error=type(error).__name__)
