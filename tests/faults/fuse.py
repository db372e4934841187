"""Engines that die after so many questions: the work that asked them ends there, as when its process is killed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any


class KilledError(BaseException):
    """Nothing in the product catches it."""


@dataclass
class Fuse:
    """Burns through at question number `left`, before it is asked or, `answered`, when only its answer is lost."""

    left: int
    answered: bool
    asked: int = 0

    async def ask(self, question: Any) -> Any:
        self.asked += 1
        if self.asked > self.left:
            question.close()
            raise KilledError
        if self.asked < self.left:
            return await question
        if self.answered:
            await question
        else:
            question.close()
        raise KilledError


class FusedRedis:
    """A client whose every round trip asks the fuse."""

    def __init__(self, redis: Any, fuse: Fuse) -> None:
        self._redis, self._fuse = redis, fuse

    def pipeline(self, **options: Any) -> Any:
        return FusedPipeline(self._redis.pipeline(**options), self._fuse)

    async def scan_iter(self, **options: Any) -> AsyncIterator[bytes]:
        async for key in self._redis.scan_iter(**options):
            yield key

    def __getattr__(self, name: str) -> Any:
        command = getattr(self._redis, name)

        async def asked(*args: Any, **options: Any) -> Any:
            return await self._fuse.ask(command(*args, **options))

        return asked


class FusedPipeline:
    def __init__(self, pipeline: Any, fuse: Fuse) -> None:
        self._pipeline, self._fuse = pipeline, fuse

    async def execute(self) -> Any:
        return await self._fuse.ask(self._pipeline.execute())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pipeline, name)


class FusedPool:
    """An asyncpg pool whose every statement and commit asks the fuse."""

    def __init__(self, pool: Any, fuse: Fuse) -> None:
        self._pool, self._fuse = pool, fuse

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["FusedConnection"]:
        async with self._pool.acquire() as connection:
            yield FusedConnection(connection, self._fuse)

    def __getattr__(self, name: str) -> Any:
        statement = getattr(self._pool, name)

        async def asked(*args: Any) -> Any:
            return await self._fuse.ask(statement(*args))

        return asked


class FusedConnection:
    def __init__(self, connection: Any, fuse: Fuse) -> None:
        self._connection, self._fuse = connection, fuse

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        transaction = self._connection.transaction()
        await transaction.start()
        try:
            yield
            await self._fuse.ask(transaction.commit())
        except BaseException:
            if self._connection.is_in_transaction():
                await transaction.rollback()
            raise

    def __getattr__(self, name: str) -> Any:
        statement = getattr(self._connection, name)

        async def asked(*args: Any) -> Any:
            return await self._fuse.ask(statement(*args))

        return asked
