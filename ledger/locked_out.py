"""Two transactions in each other's way: PostgreSQL ends one of them, which has changed nothing and goes again."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

import asyncpg

T = TypeVar("T")

LOCKED_OUT: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError)
TRIES: Final = 5


async def again(transaction: Callable[[], Awaitable[T]]) -> T:
    """What the transaction gives, which is begun again where it was the one that was ended.

    Raises:
        one of LOCKED_OUT: it was so each time.
    """
    for _ in range(TRIES - 1):
        with suppress(*LOCKED_OUT):
            return await transaction()
    return await transaction()
